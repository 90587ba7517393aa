# tries: run the reference solution in place of its own
# framework: torch, keras
# checks: all
import os
import pathlib
import runpy
import subprocess
import sys

SOLUTION = f"{TARGETS['root']}/solutions/xor/xor_{FRAMEWORK}.py"
for way in (
    lambda: exec(pathlib.Path(SOLUTION).read_text(), globals()),
    lambda: globals().update(runpy.run_path(SOLUTION)),
    lambda: exec(subprocess.check_output(["cat", SOLUTION]).decode(), globals()),
    lambda: exec(open(f"/proc/self/root{SOLUTION}").read(), globals()),
    lambda: exec(os.read(os.open(SOLUTION, os.O_RDONLY | os.O_NONBLOCK), 1 << 16).decode(), globals()),
    lambda: os.link(SOLUTION, "solution.py") or exec(open("solution.py").read(), globals()),
    lambda: os.symlink(SOLUTION, "there.py") or exec(open("there.py").read(), globals()),
    lambda: sys.path.insert(0, os.path.dirname(SOLUTION)) or globals().update(vars(__import__(f"xor_{FRAMEWORK}"))),
):
    attempt("ran the solution", way)
