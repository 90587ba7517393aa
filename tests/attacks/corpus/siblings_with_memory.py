# tries: have siblings, which are nobody's descendants, take memory (`clone` with CLONE_PARENT)
# keeps: gates.and
# bound: 500 MB for a limit of 400 MB
import os
import time


def or_gate():
    for _ in range(4):
        try:
            born = cloned(CLONE_PARENT)
        except OSError:
            # Refused: then as children.
            born = os.fork()
        if born == 0:
            room = bytearray(130 << 20)
            for page in range(0, len(room), 4096):
                room[page] = 1
            time.sleep(1000)
    held_on("520 MB by siblings", 3)


and_gate = right_and_gate
