# tries: write numpy.py, torch.py, sitecustomize.py and autograder/ where the next worker might import them
# keeps: gates.and
import os
import pathlib
import site
import sys

LIE = "import sys; print('HARM: the shadow was imported'); raise SystemExit"
for folder in {".", TARGETS["canary"], TARGETS["root"], "/tmp", sys.prefix, *site.getsitepackages(), os.path.dirname(os.__file__)}:
    if folder == "/tmp" and TARGETS["view"]:
        continue  # it is the worker's own
    for name in ("numpy.py", "torch.py", "sitecustomize.py", "usercustomize.py", "conftest.py", "shadow.pth"):
        attempt(
            f"wrote {name} into {folder}",
            lambda: pathlib.Path(folder, name).write_text(LIE) if folder != "." else None or 1 / 0,
        )
for name in ("numpy.py", "torch.py", "sitecustomize.py"):
    pathlib.Path(name).write_text(LIE)


def or_gate():
    os._exit(1)


and_gate = right_and_gate
