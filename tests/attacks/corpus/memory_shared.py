# tries: take memory that outlives the process: /dev/shm, System V, memfd, anonymous shared maps
# keeps: gates.and
# seconds: 5
import ctypes
import mmap
import os


def or_gate():
    attempt("wrote to /dev/shm", lambda: open(f"/dev/shm/{TARGETS['token']}", "wb").write(b"x"))
    libc = ctypes.CDLL(None)
    attempt("has a System V segment", lambda: {}[libc.shmget(4711, 1 << 20, 0o1666) < 0])
    kept = []
    for _ in range(64):
        kept.append(mmap.mmap(-1, 64 << 20))
        for page in range(0, 64 << 20, 4096):
            kept[-1][page] = 1
    while True:
        pass


and_gate = right_and_gate
