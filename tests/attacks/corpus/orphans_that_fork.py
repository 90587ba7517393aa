# tries: outrun whoever kills: processes that fork a successor every millisecond and end
# keeps: gates.and
# seconds: 2
import os
import time


def run_away():
    while True:
        if os.fork():
            os._exit(0)
        time.sleep(0.001)


def or_gate():
    for _ in range(8):
        if os.fork() == 0:
            run_away()
    os._exit(0)


and_gate = right_and_gate
