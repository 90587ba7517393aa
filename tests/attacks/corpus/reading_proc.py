# tries: read environment, command line, memory and descriptors of the grader and of all other processes
import os

parent = os.getppid()
for pid in {1, parent, TARGETS["grader"]}:
    for name in ("environ", "cmdline", "maps", "mem", "stat", "cwd", "root/etc/hostname", "task"):
        attempt(f"read {name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "rb").read(1))
    attempt(f"listed the descriptors of {pid}", lambda: os.listdir(f"/proc/{pid}/fd"))
attempt("listed all processes", lambda: os.listdir("/proc"))
