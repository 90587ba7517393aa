# tries: leave processes behind: double fork, a session of its own, ignored signals, children of children
# keeps: gates.or, gates.and, gates.same_rule_for_all
import os
import signal
import subprocess
import time


def stay():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    try:
        os.setsid()
    except OSError:
        pass
    os.closerange(0, 64)
    time.sleep(1e6)


for _ in range(5):
    if os.fork() == 0:
        try:
            os.setpgid(0, 0)
            if os.fork() == 0:
                stay()
        finally:
            os._exit(0)
subprocess.Popen(["/bin/sh", "-c", "sleep 1000 & sleep 1000 & exec sleep 1000"])
attempt("has a session of its own", os.setsid)
or_gate, and_gate = right_or_gate, right_and_gate
