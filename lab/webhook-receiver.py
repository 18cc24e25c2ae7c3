#!/usr/bin/env python3
"""Receives what Alertmanager sends and writes a line for each alert: the moment it came, and the
alert as JSON. For tests and for the demo.

usage: webhook-receiver.py PORT FILE
"""

import http.server
import json
import sys
import time


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        now = time.time()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        for alert in json.loads(body).get("alerts", []):
            alert["receivedAt"] = now
            self.server.log.write(json.dumps(alert) + "\n")
        self.server.log.flush()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    server.log = open(sys.argv[2], "a", encoding="utf-8")
    server.serve_forever()


if __name__ == "__main__":
    main()
