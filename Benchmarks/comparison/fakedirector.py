#!/usr/bin/env python3
"""A director-admin socket that serves rings of any size, to doveadm and to the exporter alike.

No real director comes to 100,000 backends within minutes, and none changes all of them at once.
What is on the wire is what Dovecot 2.3 sends. Run as a process of its own, so that its work is not
counted as anybody's:

    fakedirector.py SOCKET MEMBERS BACKENDS [--change state|users]

With --change every backend changes its state, or its users, from one answer to the next.
"""

import os
import socket
import sys
import threading

GREETING = b"VERSION\tdirector-doveadm\t1\t0\n"


def host_list(count, state="U", more_users=0):
    rows = [
        f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}\t100\t{index % 997 + more_users}\t\t{state}\t1795000000\n"
        for index in range(count)
    ]
    return ("".join(rows) + "\n").encode()


def director_list(count):
    counters = "0\t48635\t126480\t0\t2160\t1795000090\t1795000091"
    rows = []
    for index in range(count):
        head = f"127.200.{(index + 1) >> 8}.{(index + 1) & 255}\t9090\t"
        if index == 0:
            rows.append(head + "self\t0\tring synced\t17\n")
        elif index == 1:
            rows.append(head + f"right\t0\tsynced\t{counters}\n")
        elif index == count - 1:
            rows.append(head + f"left\t0\tsynced\t{counters}\n")
        else:
            rows.append(head + "\t0\t\n")
    return ("".join(rows) + "\n").encode()


class FakeDirector:
    def __init__(self, members, backends, change):
        self.directors = director_list(members)
        self.hosts = [host_list(backends)]
        if change == "state":
            self.hosts.append(host_list(backends, "D"))
        elif change == "users":
            self.hosts.append(host_list(backends, more_users=1))
        self.turn = 0

    def serve(self, connection):
        with connection:
            try:
                connection.sendall(GREETING)
                for line in connection.makefile("rb"):
                    if line == b"HOST-LIST\n":
                        connection.sendall(self.hosts[self.turn % len(self.hosts)])
                        self.turn += 1
                    elif line == b"DIRECTOR-LIST\n":
                        connection.sendall(self.directors)
                    elif not line.startswith(b"VERSION\t"):
                        return
            except (BrokenPipeError, ConnectionResetError):
                return


def main():
    path, members, backends = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    director = FakeDirector(members, backends, sys.argv[5] if len(sys.argv) > 5 else None)
    listener = socket.socket(socket.AF_UNIX)
    # There once the lists are.
    listener.bind(path + ".new")
    listener.listen(64)
    os.rename(path + ".new", path)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=director.serve, args=(connection,), daemon=True).start()


main()
