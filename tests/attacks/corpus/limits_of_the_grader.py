# tries: lower the grader's and the zygote's own limits, priority and cores
import os
import resource

for pid in (os.getppid(), TARGETS["grader"]):
    attempt("lowered a limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))
    attempt("read a limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
    attempt("lowered its priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt("took its cores", lambda: os.sched_setaffinity(pid, {0}))
    attempt("made it idle", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
    attempt("joined its group", lambda: os.setpgid(0, pid))
