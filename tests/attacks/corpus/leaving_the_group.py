# tries: move to another control group, where nothing counts
import glob
import os

for folder in ("/sys/fs/cgroup", *glob.glob("/sys/fs/cgroup/*")):
    for name in ("cgroup.procs", "tasks", "cgroup.threads"):
        attempt(f"moved to {folder}", lambda: open(f"{folder}/{name}", "w").write("0"))
    attempt(f"made a group in {folder}", lambda: os.mkdir(f"{folder}/attack"))
attempt("mounted the groups", lambda: __import__("ctypes").CDLL(None).mount(b"c", b".", b"cgroup2", 0, None) < 0 and {}[1])
