# tries: read and write the memory of the zygote and of the grader, and take their descriptors
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), "refused")


room = ctypes.create_string_buffer(16)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(room), 16)
for pid in (os.getppid(), TARGETS["grader"]):
    attempt("traced", lambda: call("ptrace", 16, pid, 0, 0))
    attempt("read memory", lambda: call("process_vm_readv", pid, vector, 1, vector, 1, 0))
    attempt("wrote memory", lambda: call("process_vm_writev", pid, vector, 1, vector, 1, 0))
    attempt("opened", lambda: os.pidfd_open(pid))
    attempt("opened its memory", lambda: open(f"/proc/{pid}/mem", "r+b"))
