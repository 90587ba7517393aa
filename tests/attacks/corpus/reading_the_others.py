# tries: read the submission, the result and the secrets of somebody else
import os
import pathlib
import subprocess

canary = pathlib.Path(TARGETS["canary"])
for name in ("submitted/honest/xor/xor.py", "results/honest/xor.json", "gradebook.db", "secret.txt"):
    attempt(f"read {name}", lambda: print((canary / name).read_text()))
    attempt(f"copied {name}", lambda: print(subprocess.check_output(["cat", str(canary / name)])))
attempt("listed the folder", lambda: os.listdir(canary))
# With a view, /tmp is the worker's own folder.
attempt("listed the temporary folder", lambda: os.listdir("/tmp") != os.listdir(".") or {}[TARGETS["view"]])
attempt("looked above", lambda: os.listdir(".."))
