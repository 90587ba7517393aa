# tries: change owner, mode, times and attributes of files that it may not write
import os
import shutil

for path in (f"{TARGETS['canary']}/gradebook.db", TARGETS["canary"], TARGETS["root"] + "/grading.yml"):
    # The call may be answered without being done; the test looks at the files.
    attempt(f"changed the mode of {path}", lambda: os.chmod(path, 0o700) or {}[os.stat(path).st_mode & 0o777 != 0o700])
    attempt(f"changed the owner of {path}", lambda: os.chown(path, os.getuid(), os.getgid()))
    attempt(f"changed the times of {path}", lambda: os.utime(path, (1, 1)) or {}[os.stat(path).st_mtime != 1])
    attempt(f"gave {path} an attribute", lambda: os.setxattr(path, "user.harm", b"x"))
