# tries: end the process in the middle of a check, by `os._exit`, `abort` and a bad address
# keeps: gates.and
import ctypes
import os

or_gate = lambda: os._exit(0)
lecture_formula = lambda x: os.abort()
xor_by_hand = lambda x: ctypes.string_at(0)
build_model = lambda hidden: os.execv("/bin/true", ["true"])
and_gate = right_and_gate
