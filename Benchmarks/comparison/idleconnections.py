#!/usr/bin/env python3
"""Holds idle TCP connections, both ends on this machine, until standard input ends.

    idleconnections.py COUNT

Prints `ready` once all are there. The hard limit on descriptors has to allow two for each.
"""

import resource
import socket
import sys


def main():
    count = int(sys.argv[1])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.socket()
    # An address of its own, so that nobody else's ports are used up.
    listener.bind(("127.77.0.1", 0))
    listener.listen(1024)
    ends = []
    for index in range(count):
        near = socket.socket()
        near.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        near.bind((f"127.77.1.{1 + index % 4}", 0))
        near.connect(listener.getsockname())
        ends += [near, listener.accept()[0]]
    print("ready", flush=True)
    sys.stdin.read()


main()
