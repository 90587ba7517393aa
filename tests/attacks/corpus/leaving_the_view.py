# tries: leave its own tree of files: by the root of another process, by descriptors of namespaces, by a new mount
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for pid in (1, os.getppid(), TARGETS["grader"], "self"):
    for name in ("root", "cwd"):
        attempt(f"sees the secret by {name} of {pid}", lambda: os.stat(f"/proc/{pid}/{name}{TARGETS['canary']}/secret.txt") and {}[not TARGETS["view"]])
    for kind in ("mnt", "pid", "user"):
        attempt(f"has a namespace of {pid}", lambda: {}[libc.setns(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), 0) < 0])
attempt("mounted", lambda: {}[libc.mount(b"/", b".", None, 4096, None) < 0])
attempt("unmounted its folder", lambda: {}[libc.umount2(b".", 2) < 0])
attempt("changed the size of its folder", lambda: {}[libc.mount(None, b"/worker", None, 32, b"size=8g") < 0])
attempt("left by chroot", lambda: os.chroot("."))
for number in range(3, 256):
    attempt(f"descriptor {number} leads outside", lambda: os.stat("secret.txt", dir_fd=number))
