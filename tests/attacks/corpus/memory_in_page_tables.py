# tries: take the kernel's memory in page tables: addresses that all show the same page of zeros
# keeps: gates.and
# seconds: 10
# bound: 500 MB for a limit of 400 MB
import ctypes
import mmap
import os
import time


def or_gate():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    ready, here = os.pipe()
    for _ in range(4):
        if os.fork() == 0:
            # One page of tables for each 2 MB of addresses, and reading one byte there is enough: 140 MB in 70 GB.
            for _ in range(70):
                size, no_huge_pages, no_reserve = ctypes.c_size_t(1 << 30), 15, 0x4000
                start = libc.mmap(None, size, 1, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve, -1, 0)
                libc.madvise(ctypes.c_void_p(start), size, no_huge_pages)
                for place in range(start, start + size.value, 2 << 20):
                    ctypes.string_at(place, 1)
            os.write(here, b".")
            time.sleep(1000)
    for _ in range(4):
        os.read(ready, 1)
    held_on("560 MB of page tables", 1)


and_gate = right_and_gate
