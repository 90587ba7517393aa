# tries: take memory once and show it through children, so that it is nobody's own: pages that are copied on writing
# keeps: gates.and
# bound: 500 MB for a limit of 400 MB
import os
import time


def or_gate():
    for _ in range(2):
        if os.fork() == 0:
            room = bytearray(260 << 20)
            for page in range(0, len(room), 4096):
                room[page] = 1
            for _ in range(3):
                if os.fork() == 0:
                    time.sleep(1000)
            time.sleep(1000)
    held_on("520 MB that are shared by copies", 4)


and_gate = right_and_gate
