#!/usr/bin/env python3
"""Runs a full-screen program on a terminal of its own and prints what it shows at the end.

usage: pseudo-terminal.py ROWSxCOLUMNS STEPS PROGRAM [ARGUMENT...]

STEPS, separated by spaces: a number waits so many seconds; ROWSxCOLUMNS resizes; SIGNAME sends a
signal; anything else is typed, with backslash escapes. Prints a JSON object: the lines of the last
screen, whether the other screen was left, whether colours were used, and the exit status.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

size, steps, program = sys.argv[1], sys.argv[2].split(), sys.argv[3:]


def resize(text):
    rows, columns = map(int, text.split("x"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


process, terminal = pty.fork()
if process == 0:
    # The size is there before the program looks.
    time.sleep(0.2)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.environ["TERM"] = "xterm"
    os.environ.pop("NO_COLOR", None)
    os.execvp(program[0], program)
resize(size)
before = termios.tcgetattr(terminal)[3]
output = b""


def pump(seconds):
    global output
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                return
            if not data:
                return
            output += data


for step in steps:
    if re.fullmatch(r"[0-9.]+", step):
        pump(float(step))
    elif re.fullmatch(r"\d+x\d+", step):
        resize(step)
    elif step.startswith("SIG"):
        os.kill(process, getattr(signal, step))
    else:
        os.write(terminal, step.encode().decode("unicode_escape").encode())
pump(3)
status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
frames = output.split(b"\x1b[H")
last = frames[-1].decode("utf-8", "replace").split("\x1b[J")[0]
lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", last).replace("\r", "").split("\n")
print(json.dumps({
    "lines": lines,
    "left": b"\x1b[?1049l" in output,
    "colored": b"\x1b[3" in output,
    "status": status,
}))
