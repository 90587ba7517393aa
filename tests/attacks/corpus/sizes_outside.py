# tries: learn names, sizes and times of files outside, which needs no right to open them
# bound: only where the worker has a view of its own
import os

for path in ("", "submitted/honest/xor/xor.py", "results/honest/xor.json", "secret.txt"):
    for look in (os.stat, os.lstat, os.statvfs, lambda each: {}[not os.access(each, os.F_OK)], os.readlink):
        if TARGETS["view"]:
            attempt(f"knows of {path}", lambda: look(f"{TARGETS['canary']}/{path}"))
for path in ("grading.yml", "solutions", "solutions/xor/checks.py", "tests", "results"):
    if TARGETS["view"]:
        attempt(f"knows of {path}", lambda: os.stat(f"{TARGETS['root']}/{path}"))
for path in ("/etc/passwd", "/root/.ssh", "/home", "/var/log", f"/proc/{TARGETS['grader']}"):
    if TARGETS["view"]:
        attempt(f"knows of {path}", lambda: os.stat(path))
