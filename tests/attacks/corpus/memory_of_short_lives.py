# tries: take much memory in children that live for less than the time between two looks
# keeps: gates.and
# seconds: 3
# bound: 500 MB for a limit of 400 MB, for longer than 0.1 s
# rare: torch
import os


def or_gate():
    while True:
        for _ in range(4):
            if os.fork() == 0:
                room = bytearray(40 << 20)
                for page in range(0, len(room), 4096):
                    room[page] = 1
                os._exit(0)
        while True:
            try:
                os.wait()
            except ChildProcessError:
                break


and_gate = right_and_gate
