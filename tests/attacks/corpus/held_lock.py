# tries: sleep in C with the interpreter's lock held, so that no thread of the worker can do anything
# keeps: gates.and
# seconds: 1
# bound: 5 s on the clock for a limit of 1 s, four times as much on the clock
# rare: torch
import ctypes


def or_gate():
    ctypes.PyDLL(None).sleep(1000)


and_gate = right_and_gate
