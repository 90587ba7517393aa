# tries: make everything of this user slow for ever, grader and zygote included
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
NUMBER = {"x86_64": 251, "aarch64": 30}[os.uname().machine]
attempt("this user is slow", lambda: os.setpriority(os.PRIO_USER, 0, 19))
attempt("this group is slow", lambda: os.setpriority(os.PRIO_PGRP, 0, 19))
attempt("the parent is slow", lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19))
attempt("root is slow", lambda: os.setpriority(os.PRIO_USER, TARGETS["uid"], 19))
idle = 3 << 13
for which, who in ((2, os.getpgrp()), (3, 0), (3, os.getuid()), (3, TARGETS["uid"]), (1, TARGETS["grader"])):
    attempt(f"input and output of {which}, {who} are idle", lambda: {}[libc.syscall(NUMBER, which, who, idle) < 0])
