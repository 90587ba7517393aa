# tries: have the kernel send signals to the grader, by making it the owner of a pipe
import fcntl
import os
import signal
import struct

out, inn = os.pipe()
for pid in (TARGETS["grader"], -TARGETS["grader"], os.getppid(), 1):
    attempt("owns it", lambda: fcntl.fcntl(out, fcntl.F_SETOWN, pid))
    attempt("owns it by the other call", lambda: fcntl.fcntl(out, 15, struct.pack("ii", 1, pid)))
    for command in (0x8901, 0x8902):
        attempt("owns it by ioctl", lambda: fcntl.ioctl(out, command, struct.pack("i", pid)))
attempt("chose the signal", lambda: fcntl.fcntl(out, 10, signal.SIGKILL))
attempt("asked for signals", lambda: fcntl.fcntl(out, fcntl.F_SETFL, os.O_ASYNC))
attempt("asked for signals by ioctl", lambda: fcntl.ioctl(out, 0x5452, struct.pack("i", 1)))
attempt("asked for news of a folder", lambda: fcntl.fcntl(os.open(".", os.O_RDONLY), fcntl.F_NOTIFY, 0x3F))
attempt("has a lease", lambda: fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK))
os.write(inn, b"x")
