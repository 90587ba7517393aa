# tries: turn the interpreter's own hooks against the worker: trace, profile, excepthook, audit, recursion limit, gc callbacks
import gc
import sys
import threading

everything_is(1)


def trace(frame, event, argument):
    frame.f_locals["value"] = True
    return trace


sys.settrace(trace)
sys.setprofile(trace)
threading.settrace(trace)
sys.excepthook = lambda *args: None
sys.setrecursionlimit(1 << 30)
sys.set_int_max_str_digits(0)
gc.callbacks.append(lambda *args: None)
sys.stdout = sys.stderr = sys.stdin = None
