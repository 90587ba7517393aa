# tries: have no death signal and leave orphans to others, in order to live on after grader and zygote
# keeps: gates.or, gates.and, gates.same_rule_for_all
import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
attempt("has no death signal", lambda: {}[libc.prctl(1, 0, 0, 0, 0) < 0])
attempt("adopts nobody", lambda: {}[libc.prctl(36, 0, 0, 0, 0) < 0])
attempt("moved to another group", lambda: os.setpgid(0, 0))
if os.fork() == 0:
    libc.prctl(1, 0, 0, 0, 0)
    attempt("the child has a session", os.setsid)
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
or_gate, and_gate = right_or_gate, right_and_gate
