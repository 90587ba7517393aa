# tries: hear of every file that is made or read in the folders of submissions, results and solutions
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for start in (lambda: libc.inotify_init(), lambda: libc.inotify_init1(0)):
    descriptor = start()
    for folder in (TARGETS["canary"], f"{TARGETS['canary']}/submitted", f"{TARGETS['root']}/solutions", "/tmp", "/"):
        attempt(f"watches {folder}", lambda: {}[libc.inotify_add_watch(descriptor, folder.encode(), 0xFFF) < 0])
for flags in (0, 0x200):
    attempt("watches file systems", lambda: {}[libc.fanotify_init(flags, os.O_RDONLY) < 0])
