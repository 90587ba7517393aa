# tries: write random bytes to the wire
# keeps: gates.and
import os


def or_gate():
    os.write(3, os.urandom(1 << 16))


and_gate = right_and_gate
