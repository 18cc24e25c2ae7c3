#!/usr/bin/env python3
"""A socket that says what a director would not, for the differential test.

usage: fake-director.py DIRECTORY

makes a socket in DIRECTORY for each script below, named as the script, and serves them until it is
ended. Each connection gets the same: greeting, then the answers to the commands it sends.
"""
import os
import socket
import sys
import threading
import time

GREETING = b"VERSION\tdirector-doveadm\t1\t0\n"
HOSTS = (
    b"127.1.9.1\t100\t3\t\tU\t0\n"
    b"127.1.9.2\t100\t3\t\tD\t1700000000\n"
    b"127.1.9.3\t100\t3\told\n"  # too short
    b"2001:db8::9\t50\t7\ta\x01tb\x011c\tDown\t1700000001\textra\n"
    b"127.1.9.4\t100\t3\t\tU\tsoon\n"
    b"127.1.9.5\t0\t3\t\xc3\xa9t\xc3\xa9\tU\t-5\n"
    b"127.1.9.6\t7\t3\tbad\xff\xfebytes\tX\t99999999999999999999\n"
    b"a-very-long-name-that-is-no-address-at-all\t1\t2\tt\tU\t1700000002\r\n"
    b"nul\x00hidden\t1\t2\tt\tU\t1700000002\n"
)
MANY = b"".join(
    b"127.2.%d.%d\t%d\t%d\t%s\t%s\t%d\n"
    % (i // 250, i % 250, i % 1000, i * i, b"tag" * (i % 3), b"DU"[i % 2 :][:1], 1700000000 + i)
    for i in range(1, 600)
)
DIRECTORS = (
    b"127.0.9.1\t9090\tself\t0\tring synced\t12\n"
    b"127.0.9.2\t9090\tright\t1700000003\tsynced\t1\t2\t3\t4\t5\t1700000004\t0\n"
    b"127.0.9.3\t9090\t\t0\t\n"
    b"127.0.9.4\t9090\tremoved\tnever ever\t\n"
    b"127.0.9.5\t9090\tleft\t-1\thandshaking - 3 USERs sent\t1\t2\t3\t4\t5\t1700000004\t1700000005\textra\n"
    b"127.0.9.6\n"
)
USERS = (
    b"934616345\t1700000000\t127.1.9.1\n"  # bar
    b"3045693125\t1700000001\t127.1.9.2\n"  # user@example.com
    b"160394189\t-7\t2001:db8::9\n"  # test
    b"1\t1700000001\t127.1.9.1\n"
    b"x\t1700000001\t127.1.9.1\n"
    b"2\tx\t127.1.9.1\n"
    b"3\t1700000001\tnowhere\n"
    b"4\t1700000001\n"
    b"5\t1700000001\t1.2.3\tmore\n"
    b"4294967296\t1700000001\t127.1.9.1\n"
    b"007\t007\t127.1.9.007\n"
)


def answers(hosts=HOSTS, directors=DIRECTORS, users=USERS, lookup=b"127.1.9.1\t1700000000\t127.1.9.2\t\n",
            change=b"OK\n", removed=b"127.1.9.8\nhost\twith\x01tab\n"):
    return {
        b"HOST-LIST": hosts + b"\n",
        b"HOST-LIST-REMOVED": removed + b"\n",
        b"DIRECTOR-LIST": directors + b"\n",
        b"USER-LIST": users + b"\n",
        b"USER-LOOKUP": lookup,
        None: change,
    }


# Name: greeting, answers; True behind them for a connection that is then reset.
SCRIPTS = {
    "odd": (GREETING, answers(), False),
    "many": (GREETING, answers(hosts=MANY), False),
    "empty": (GREETING, answers(hosts=b"", directors=b"", users=b"", lookup=b"\t0\t\t\n", removed=b""), False),
    "carriage-return": (b"VERSION\tdirector-doveadm\t1\t0\r\n", answers(change=b"OK\r\n"), False),
    "minor-9": (b"VERSION\tdirector-doveadm\t1\t9\n", answers(), False),
    "notfound": (GREETING, answers(change=b"NOTFOUND\n"), False),
    "tryagain": (GREETING, answers(change=b"TRYAGAIN\n"), False),
    "refusal": (GREETING, answers(change=b"vhost count too large\n"), False),
    "empty-reply": (GREETING, answers(change=b"\n", lookup=b"\n"), False),
    "odd-reply": (GREETING, answers(change=b"what\tis \xff this\n", lookup=b"127.1.9.1\tsoon\t127.1.9.2\t\n"), False),
    "short-lookup": (GREETING, answers(lookup=b"127.1.9.1\t0\t127.1.9.2\n"), False),
    "long-lookup": (GREETING, answers(lookup=b"127.1.9.1\t0\t127.1.9.2\t127.1.9.3\t\n"), False),
    "old-lookup": (GREETING, answers(lookup=b"127.1.9.1\t-3\t\t127.1.9.3\n"), False),
    "close": (GREETING, {None: b""}, False),
    "half-list": (GREETING, answers(), "half"),
    "half-line": (GREETING, {None: b"127.1.9.1\t100\t3\t\tU\t0\n127.1.9.2\t100"}, "close"),
    "half-reset": (GREETING, {None: b"127.1.9.1\t100\t3\t\tU\t0\n127.1.9.2\t100"}, "reset"),
    "reset": (GREETING, {None: b""}, "reset"),
    "eof": (b"", {}, "without-greeting"),
    "http": (b"HTTP/1.0 400 Bad Request\r\n\r\n", {}, False),
    "wrong-name": (b"VERSION\tdirector\t1\t0\n", {}, False),
    "wrong-major": (b"VERSION\tdirector-doveadm\t2\t0\n", {}, False),
    "no-minor": (b"VERSION\tdirector-doveadm\t1\n", {}, False),
    "odd-minor": (b"VERSION\tdirector-doveadm\t1\tx\n", {}, False),
    "blank": (b"\n", {}, False),
    "mute": (None, {}, False),
    # For what directorctl does otherwise.
    "stuck": (GREETING, {None: None}, False),
    "stuck-half": (GREETING, {None: b"127.1.9.1\t100\t3\t\tU\t0\n127.1.9.2\t100"}, False),
    "anonymous": (
        GREETING,
        answers(directors=b"handshaking - 0 USERs received\t1\t2\t3\t4\t5\t1700000004\t0\n" + DIRECTORS),
        False,
    ),
    "unsynced": (GREETING, answers(change=b"Ring sync timed out\n"), False),
}


def lines(connection):
    pending = b""
    while True:
        data = connection.recv(65536)
        if not data:
            return
        pending += data
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            yield line


def serve(connection, greeting, replies, ending):
    try:
        if ending == "without-greeting":
            connection.recv(65536)
            return
        if greeting is None:
            time.sleep(60)
            return
        connection.sendall(greeting)
        if ending == "reset":
            # What the client has sent stays unread, which makes the close a reset.
            time.sleep(0.3)
            connection.sendall(replies[None])
            return
        received = lines(connection)
        next(received, None)
        for line in received:
            reply = replies.get(line.split(b"\t")[0], replies.get(None))
            if reply is None:
                time.sleep(60)
                return
            if ending == "half":
                connection.sendall(reply[: len(reply) // 2])
                return
            connection.sendall(reply)
            if ending == "close" or reply == b"":
                return
    except OSError:
        pass
    finally:
        connection.close()


def listen(path, script):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, *script), daemon=True).start()


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    for name, script in SCRIPTS.items():
        threading.Thread(target=listen, args=(os.path.join(directory, name), script), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main()
