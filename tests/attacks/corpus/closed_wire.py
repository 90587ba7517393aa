# tries: close the wire and every other descriptor
# keeps: gates.and
import os


def or_gate():
    os.closerange(0, 100)


and_gate = right_and_gate
