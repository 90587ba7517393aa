# tries: stop itself, so that the grader waits for an answer that never comes
# keeps: gates.and
# seconds: 1
import os
import signal


def or_gate():
    os.kill(os.getpid(), signal.SIGSTOP)


and_gate = right_and_gate
