# tries: take shared memory that two children show and the worker does not
# keeps: gates.and
# bound: 500 MB for a limit of 400 MB
import os
import time


def or_gate():
    if os.fork() == 0:
        kept = [shared_pages(52) for _ in range(10)]
        if os.fork() == 0:
            time.sleep(1000)
        held_on("520 MB that are shared by two", 1)
    time.sleep(1000)


and_gate = right_and_gate
