# tries: wait for ever inside the kernel, for a child that was made with `vfork` and never ends
# keeps: gates.and
# seconds: 1
# bound: 5 s on the clock for a limit of 1 s, four times as much on the clock
import ctypes
import os
import time


def or_gate():
    vfork = 0x4000
    if cloned(vfork) == 0:
        time.sleep(1000)
    raise RuntimeError("it ended")


and_gate = right_and_gate
