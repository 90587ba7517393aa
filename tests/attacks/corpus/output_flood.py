# tries: print without end, to all that prints
# keeps: gates.and
# seconds: 10
import os
import sys


def or_gate():
    while True:
        os.write(1, b"x" * 65536)
        sys.stderr.write("y" * 65536)


and_gate = right_and_gate
