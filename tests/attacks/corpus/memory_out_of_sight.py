# tries: take shared memory and have no page table show it: touched, then unmapped page by page
# keeps: gates.and
# bound: 500 MB for a limit of 400 MB
import mmap


def or_gate():
    kept = []
    for _ in range(26):
        kept.append(shared_pages(20))
        kept[-1].madvise(mmap.MADV_DONTNEED)
    held_on("520 MB out of sight", 2)


and_gate = right_and_gate
