#!/usr/bin/env python3
"""Plays the part of PID 1 for a systemd-journald on a machine without systemd.

PID 1 owns journald's sockets and hands them to each journald it starts, so what was sent while
journald restarts waits in the socket and is not lost. This holder does the same for tests.
"""

import argparse
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time

JOURNALD = "/lib/systemd/systemd-journald"
OWN = "/run/dde-journald"  # everything of the holder's own
CONTROL, LOCK, MADE, NOTIFY, PIDS, LOG = (
    OWN + "/" + name for name in ("control", "lock", "made.json", "notify", "pids.json", "log"))
JOURNAL = "/run/systemd/journal"
SOCKETS = (  # the names are those of systemd's socket units
    (JOURNAL + "/socket", socket.SOCK_DGRAM, "systemd-journald.socket"),
    (JOURNAL + "/stdout", socket.SOCK_STREAM, "systemd-journald.socket"),
    (JOURNAL + "/dev-log", socket.SOCK_DGRAM, "systemd-journald-dev-log.socket"),
)
ENTRIES = "/run/log/journal"
DROP_IN = "/run/systemd/journald.conf.d/dde-holder.conf"
SETTINGS = """\
[Journal]
Storage=volatile
RateLimitIntervalSec=0
RateLimitBurst=0
ForwardToSyslog=no
ForwardToWall=no
ReadKMsg=no
Audit=no
"""
QUEUE = "/proc/sys/net/unix/max_dgram_qlen"
SO_TIMESTAMP = 29
SECONDS = 20  # for journald to start or to end


class Trouble(Exception):
    pass


# ------------------------------------------------------------------ what was made, and its removal


def make_directory(path, made):
    """Creates a directory with its parents and notes which ones are new."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for each in reversed(missing):
        os.mkdir(each, 0o755)
        made["directories"].append(each)


def prepare():
    """Files and settings; the record is written first, so that a half-made state can be removed."""
    made = {"directories": [], "entries": not os.path.isdir(ENTRIES)}
    for path in (JOURNAL, os.path.dirname(ENTRIES), os.path.dirname(DROP_IN)):
        make_directory(path, made)
    with open(MADE, "w") as file:
        json.dump(made, file)
    with open(DROP_IN, "w") as file:
        file.write(SETTINGS)
    if not os.path.exists("/etc/machine-id") or not os.path.getsize("/etc/machine-id"):
        # journald names its directory after it. It stays: other programs may have read it by now.
        subprocess.run(["systemd-machine-id-setup"], check=True, capture_output=True)


def clean_up():
    """Removes what a holder made, also one that was killed."""
    pids = read_json(PIDS) or {}
    # A holder is asked to leave before its journald is killed, lest it start another one.
    for pid, name in ((pids.get("holder"), "journald-holder"), (pids.get("journald"), "systemd-journald")):
        end_process(pid, name)
    made = read_json(MADE)
    if made is None:
        return
    for path, _, _ in SOCKETS:
        remove(path)
    remove(DROP_IN)
    remove(JOURNAL + "/io.systemd.journal")  # journald's own
    if made["entries"]:
        shutil.rmtree(ENTRIES, ignore_errors=True)
    for path in reversed(made["directories"]):
        if path == JOURNAL:
            shutil.rmtree(path, ignore_errors=True)  # with what journald put there
        else:
            try:
                os.rmdir(path)
            except OSError:
                pass  # somebody else uses it now


def end_process(pid, name):
    def alive():
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                return name.encode() in file.read()  # empty for a zombie
        except OSError:
            return False

    if not pid:
        return
    for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        end = time.monotonic() + seconds
        if alive():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while alive() and time.monotonic() < end:
            time.sleep(0.05)


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def read_json(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def write_json(path, value):
    with open(path + ".new", "w") as file:
        json.dump(value, file)
    os.rename(path + ".new", path)


# ------------------------------------------------------------------ the holder process


class Holder:
    def __init__(self):
        self.child = None  # process id of journald
        self.ready = False
        self.wanted = False  # PID 1 restarts a journald that dies by itself
        self.starts = []
        self.running = True
        self.selector = selectors.DefaultSelector()
        self.sockets = self.make_sockets()

        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(NOTIFY)
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control.bind(CONTROL)
        os.chmod(CONTROL, 0o600)
        self.control.listen(16)
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "running", False))
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

        self.selector.register(self.notify, selectors.EVENT_READ, self.on_notify)
        self.selector.register(self.control, selectors.EVENT_READ, self.on_control)
        self.selector.register(wake_read, selectors.EVENT_READ, lambda: self.on_wake(wake_read))

    @staticmethod
    def make_sockets():
        # systemd raises this limit when it boots. A socket takes it over when it is made, and a
        # short queue would block senders while journald is away.
        with open(QUEUE) as file:
            limit = file.read().strip()
        try:
            raised = int(limit) < 512
            if raised:
                try:
                    with open(QUEUE, "w") as file:
                        file.write("512")
                except OSError:
                    raised = False  # not ours to change, e.g. in a container
            sockets = []
            for path, kind, _ in SOCKETS:
                remove(path)
                made = socket.socket(socket.AF_UNIX, kind)
                # Set before the first datagram arrives, or it comes without its sender and time.
                made.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
                made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMP, 1)
                made.bind(path)
                os.chmod(path, 0o666)
                if kind == socket.SOCK_STREAM:
                    made.listen(4096)
                sockets.append(made)
            return sockets
        finally:
            if raised:
                with open(QUEUE, "w") as file:
                    file.write(limit)

    def loop(self, seconds=None, until=lambda: False):
        end = None if seconds is None else time.monotonic() + seconds
        while self.running and not until():
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return False
            for key, _ in self.selector.select(left):
                key.data()
        return until()

    # journald

    def spawn(self):
        first = 3
        # Out of the way of the numbers that they get in the child.
        spare = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD_CLOEXEC, 64) for s in self.sockets]
        self.ready = False
        self.starts = self.starts[-4:] + [time.monotonic()]
        pid = os.fork()
        if pid == 0:
            try:
                signal.set_wakeup_fd(-1)
                for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGTERM):
                    signal.signal(number, signal.SIG_DFL)
                for index, descriptor in enumerate(spare):
                    os.dup2(descriptor, first + index)
                os.execve(JOURNALD, [JOURNALD], {
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "NOTIFY_SOCKET": NOTIFY,
                    "LISTEN_PID": str(os.getpid()),
                    "LISTEN_FDS": str(len(spare)),
                    "LISTEN_FDNAMES": ":".join(name for _, _, name in SOCKETS),
                })
            finally:
                os._exit(127)
        for descriptor in spare:
            os.close(descriptor)
        self.child = pid
        self.write_pids()

    def write_pids(self):
        write_json(PIDS, {"holder": os.getpid(), "journald": self.child})

    def start_journald(self):
        self.wanted = True
        self.starts = []  # only its own deaths count against it
        if self.child is None:
            self.spawn()
        self.loop(SECONDS, lambda: self.ready or not self.wanted)
        if not self.ready:
            return "journald did not start; see %s" % LOG
        return ""

    def stop_journald(self):
        self.wanted = False
        if self.child is None:
            return ""
        os.kill(self.child, signal.SIGTERM)
        if not self.loop(SECONDS, lambda: self.child is None):
            os.kill(self.child, signal.SIGKILL)
            self.loop(SECONDS, lambda: self.child is None)
        return "" if self.child is None else "journald does not end"

    # events

    def on_notify(self):
        # Descriptors that journald wants to have kept come here too; not asked for, they are
        # closed, so streams on the stdout socket (unlike datagrams) end when journald does.
        text = self.notify.recv(4096)
        if b"READY=1" in text.split(b"\n"):
            self.ready = True

    def on_wake(self, descriptor):
        try:
            os.read(descriptor, 4096)
        except BlockingIOError:
            pass
        while True:
            try:
                pid, code = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid != self.child:
                continue
            print("journald %d ended, status %d" % (pid, code), file=sys.stderr, flush=True)
            self.child, self.ready = None, False
            self.write_pids()
            if self.wanted and self.running:
                if len(self.starts) == 5 and time.monotonic() - self.starts[0] < 10:
                    self.wanted = False  # as PID 1 gives up
                else:
                    self.spawn()

    def on_control(self):
        connection, _ = self.control.accept()
        with connection:
            connection.settimeout(2)
            try:
                command = connection.recv(64).decode()
            except OSError:
                return
            # While a command waits, the next one queues in the listening socket.
            self.selector.unregister(self.control)
            try:
                reply = self.command(command)
            finally:
                self.selector.register(self.control, selectors.EVENT_READ, self.on_control)
            try:
                connection.sendall(json.dumps(reply).encode())
            except OSError:
                pass

    def command(self, command):
        error = ""
        if command == "start-journald":
            error = self.start_journald()
        elif command == "stop-journald":
            error = self.stop_journald()
        elif command == "restart-journald":
            error = self.stop_journald() or self.start_journald()
        elif command == "stop":
            error = self.stop_journald()
            self.running = False
        elif command != "status":
            error = "unknown command"
        return {"error": error, "holder": os.getpid(), "journald": self.child, "ready": self.ready}


def daemonise(write_end):
    """The holder process itself; reports through the pipe when journald is usable."""
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    # The caller's pipes are not to stay open for as long as the holder lives.
    os.closerange(3, write_end)
    os.closerange(write_end + 1, os.sysconf("SC_OPEN_MAX"))
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    report = os.fdopen(write_end, "w")
    try:
        holder = Holder()
        holder.write_pids()
        error = holder.start_journald()
    except Exception as problem:  # whatever it is, the caller has to hear of it
        report.write("%s: %s" % (type(problem).__name__, problem))
        report.close()
        raise
    report.write(error)
    report.close()
    if not error:
        holder.loop()
    holder.running = True  # also after SIGTERM: journald is to end first
    holder.stop_journald()


# ------------------------------------------------------------------ the caller's side


class Lock:
    """One caller at a time. `stop` removes the lock's file, so it is checked after locking."""

    def __enter__(self):
        while True:
            os.makedirs(OWN, mode=0o755, exist_ok=True)
            try:
                self.file = open(LOCK, "w")
            except FileNotFoundError:
                continue
            fcntl.flock(self.file, fcntl.LOCK_EX)
            try:
                if os.fstat(self.file.fileno()).st_ino == os.stat(LOCK).st_ino:
                    return self
            except FileNotFoundError:
                pass
            self.file.close()

    def __exit__(self, *_):
        self.file.close()


def ask(command):
    """The holder's reply, or None when there is no holder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        try:
            control.connect(CONTROL)
        except OSError:
            return None
        control.settimeout(3 * SECONDS)
        control.sendall(command.encode())
        data = b""
        try:
            while part := control.recv(4096):
                data += part
        except OSError as problem:
            raise Trouble("the holder does not answer: %s" % problem)
    if not data:
        return None
    return json.loads(data)


def somebody_elses():
    """Says who serves the journal here already, if it isn't us."""
    with open("/proc/1/comm") as file:
        if file.read().strip() == "systemd" or os.path.isdir("/run/systemd/system"):
            return "systemd runs here; its own journald is used"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(SOCKETS[0][0])
        except OSError:
            return None
    return "somebody holds %s already; that journald is used" % SOCKETS[0][0]


def start():
    with Lock() as lock:
        if ask("status") is not None:
            return
        clean_up()  # after a holder that was killed
        other = somebody_elses()
        if other:
            print("journald-holder: " + other, file=sys.stderr)
            shutil.rmtree(OWN)
            return
        if not os.access(JOURNALD, os.X_OK):
            shutil.rmtree(OWN)
            raise Trouble("%s is missing; on Debian: apt-get install systemd" % JOURNALD)
        for path in (CONTROL, NOTIFY, PIDS, LOG):
            remove(path)
        prepare()
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(read_end)
                lock.file.close()  # else it stays locked for as long as the holder lives
                daemonise(write_end)
                os._exit(0)
            except BaseException as problem:
                print("holder: %r" % problem, file=sys.stderr, flush=True)
                os._exit(1)
        os.close(write_end)
        os.waitpid(pid, 0)
        with os.fdopen(read_end) as report:
            error = report.read()
        if error or ask("status") is None:
            text = error or "the holder ended at once"
            try:
                with open(LOG) as log:
                    text += "\n" + log.read().strip()
            except OSError:
                pass
            clean_up()
            shutil.rmtree(OWN)
            raise Trouble(text)


def stop():
    if not os.path.isdir(OWN):
        return
    with Lock():
        reply = ask("stop")
        if reply and reply["error"]:
            print("journald-holder: " + reply["error"], file=sys.stderr)
        clean_up()
        shutil.rmtree(OWN)


def status():
    reply = ask("status")
    if reply is None:
        if os.path.exists(MADE):
            print("the holder was killed; remove what it left with: journald-holder.py stop")
            return 3
        other = somebody_elses()
        print(other or "not running")
        return 0 if other else 3
    journald = reply["journald"]
    if not journald:
        print("holder %d, journald stopped" % reply["holder"])
    else:
        print("holder %d, journald %d%s"
              % (reply["holder"], journald, "" if reply["ready"] else " (starting)"))
    return 0


def main():
    parser = argparse.ArgumentParser(
        prog="journald-holder.py", description=__doc__.split("\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog="""commands:
  start             hold the sockets and start journald; nothing if that runs already
  stop-journald     end journald, keep the sockets: what is sent now waits
  start-journald    start it again
  restart-journald  both
  status            who runs (exit code 3: nobody)
  stop              end both, remove the sockets and what else was made""")
    parser.add_argument("command", metavar="COMMAND", choices=(
        "start", "stop-journald", "start-journald", "restart-journald", "status", "stop"))
    command = parser.parse_args().command
    if os.geteuid():
        raise Trouble("must run as root: journald and /run need it")
    if command == "start":
        start()
    elif command == "stop":
        stop()
    elif command == "status":
        return status()
    else:
        reply = ask(command)
        if reply is None:
            raise Trouble("no holder runs; start one with: journald-holder.py start")
        if reply["error"]:
            raise Trouble(reply["error"])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print("journald-holder: %s" % trouble, file=sys.stderr)
        sys.exit(1)
