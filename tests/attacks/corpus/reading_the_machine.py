# tries: read accounts, keys, logs, disks and the home folder
import glob
import os

for path in ("/etc/passwd", "/etc/shadow", "/root", "/home", "/var/log", "/dev/vda", "/dev/mem", "/proc/kcore", "/run", "/sys/kernel", "/etc/hosts"):
    attempt(f"read {path}", lambda: os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1))
attempt("found keys", lambda: glob.glob("/root/.ssh/*")[0])
