# tries: take all memory through many children that each take a little
# keeps: gates.and
# seconds: 5
import os
import time


def or_gate():
    for _ in range(10):
        if os.fork() == 0:
            room = bytearray(b"x" * (60 << 20))
            time.sleep(1000)
            os._exit(len(room))
    time.sleep(1000)


and_gate = right_and_gate
