# tries: see which other processes there are, which worker is whose, and what they are called
# bound: only where the worker has a view of its own
import os

this = {os.getpid(), os.getppid()}
for pid in range(1, 40_000):
    if TARGETS["view"] and pid not in this and os.path.exists(f"/proc/{pid}"):
        attempt(f"sees {pid}", lambda: os.stat(f"/proc/{pid}"))
for name in ("comm", "cmdline", "status", "stat", "environ", "cgroup", "mountinfo", "root", "cwd"):
    for pid in (1, os.getppid(), TARGETS["grader"]):
        attempt(f"reads {name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "rb").read())
