# tries: become a process that nobody may look at, and fill the disk with open files without a name
# keeps: gates.and
# seconds: 10
# bound: 640 MB for a limit of 512 MB
import ctypes
import os


def or_gate():
    libc = ctypes.CDLL(None, use_errno=True)
    attempt("cannot be looked at", lambda: {}[libc.prctl(4, 0, 0, 0, 0) < 0])
    kept = []
    for number in range(11):
        kept.append(open("file", "wb"))
        os.unlink("file")
        for _ in range(60):
            kept[-1].write(bytes(1 << 20))
        kept[-1].flush()
    held_on("660 MB that nobody sees", 2)


and_gate = right_and_gate
