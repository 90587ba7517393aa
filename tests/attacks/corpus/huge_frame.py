# tries: promise a frame of 2^64 bytes, so that the grader runs out of memory
# keeps: gates.and
import os
import struct


def or_gate():
    os.write(3, struct.pack("<IQ", 2**32 - 1, 2**64 - 1) + b"\0" * 65536)


and_gate = right_and_gate
