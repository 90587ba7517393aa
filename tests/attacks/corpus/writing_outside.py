# tries: write, append, replace, chmod and delete files outside of its folder: submissions, results, the gradebook, the project
import os
import pathlib
import shutil

canary, root = pathlib.Path(TARGETS["canary"]), pathlib.Path(TARGETS["root"])
own = [pathlib.Path("/tmp", TARGETS["token"])] if TARGETS["view"] else []
for path in own:
    # With a view, /tmp is the worker's own folder; the test looks for this file in the real one.
    path.write_text("harm")
for path in (
    canary / "submitted/honest/xor/xor.py",
    canary / "results/honest/xor.json",
    canary / "gradebook.db",
    canary / "new.txt",
    root / "assignments/xor/new.txt",
    pathlib.Path("/tmp", TARGETS["token"]),
    pathlib.Path("/dev/shm", TARGETS["token"]),
    pathlib.Path("/var/tmp", TARGETS["token"]),
    pathlib.Path("..", TARGETS["token"]),
    pathlib.Path("/proc/self/cwd/..", TARGETS["token"]),
):
    if path in own:
        continue
    attempt(f"wrote {path}", lambda: path.open("a").write("harm"))
    attempt(f"replaced {path}", lambda: path.write_text("harm"))
    attempt(f"opened {path}", lambda: os.open(path, os.O_RDWR | os.O_CREAT))
for path in (canary / "gradebook.db", canary / "results/honest/xor.json"):
    attempt(f"deleted {path}", path.unlink)
    attempt(f"moved {path}", lambda: path.rename("mine"))
    attempt(f"moved over {path}", lambda: pathlib.Path("x").touch() or pathlib.Path("x").rename(path))
    attempt(f"linked {path}", lambda: os.link(path, "linked"))
    attempt(f"truncated {path}", lambda: os.truncate(path, 0))
attempt("deleted the folder", lambda: shutil.rmtree(canary))
attempt("renamed its own folder", lambda: os.rename(os.getcwd(), os.getcwd() + "-mine"))
