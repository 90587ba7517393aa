# tries: send a frame just within the limit, again and again, so that the grader spends its memory and time
# keeps: gates.and
# seconds: 2
import os
import struct


def or_gate():
    while True:
        os.write(3, struct.pack("<IQ", 100, 200 << 20) + bytes(100) + bytes(1 << 20))


and_gate = right_and_gate
