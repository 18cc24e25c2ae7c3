#!/usr/bin/env python3
"""Receives what Alertmanager sends and writes a line for each alert: the moment it came, and the
alert as JSON. For tests and for the demo.

usage: webhook-receiver.py PORT FILE
With - for FILE it writes one line for people instead, to standard output.
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
            self.server.log.write(self.server.line(alert) + "\n")
        self.server.log.flush()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def for_people(alert):
    clock = time.strftime("%H:%M:%S", time.localtime(alert["receivedAt"]))
    labels = alert["labels"]
    word = "PAGE" if labels.get("severity") == "critical" else "notice"
    if alert["status"] == "resolved":
        return f"{clock} over: {labels['alertname']}"
    return f"{clock} {word}: {labels['alertname']}: {alert['annotations'].get('description', '')}"


def main():
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    if sys.argv[2] == "-":
        server.log, server.line = sys.stdout, for_people
    else:
        server.log, server.line = open(sys.argv[2], "a", encoding="utf-8"), json.dumps
    server.serve_forever()


if __name__ == "__main__":
    main()
