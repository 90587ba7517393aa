# tries: fill the disk with deleted files that only a mapping holds
# keeps: gates.and
# seconds: 10
# bound: 640 MB for a limit of 512 MB
import mmap
import os
import time


def or_gate():
    kept = []
    for number in range(11):
        with open("file", "w+b") as file:
            for _ in range(60):
                file.write(bytes(1 << 20))
            file.flush()
            kept.append(mmap.mmap(file.fileno(), 4096))
        os.unlink("file")
    held_on("660 MB in deleted files", 2)


and_gate = right_and_gate
