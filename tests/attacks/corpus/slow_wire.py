# tries: answer one byte at a time, so that the grader waits for ever
# keeps: gates.and
# seconds: 1
import os
import struct
import time


def or_gate():
    os.write(3, struct.pack("<IQ", 1000, 1000))
    while True:
        os.write(3, b"x")
        time.sleep(0.1)


and_gate = right_and_gate
