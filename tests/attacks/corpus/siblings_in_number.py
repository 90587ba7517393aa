# tries: have more processes than allowed, as siblings that are nobody's descendants
# keeps: gates.and
# bound: 20 processes for a limit of 16
import os
import time


def or_gate():
    for _ in range(24):
        try:
            born = cloned(CLONE_PARENT)
        except OSError:
            born = os.fork()
        if born == 0:
            time.sleep(1000)
    held_on("24 processes", 1)


and_gate = right_and_gate
