# tries: stop, end and kill the zygote and the grader
# keeps: gates.and
import os
import signal

for pid in (os.getppid(), TARGETS["grader"], 1):
    for number in (0, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        attempt(f"sent {number} to {pid}", lambda: os.kill(pid, number))
and_gate = right_and_gate
