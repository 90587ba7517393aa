# tries: reserve the disk without writing to it (`fallocate`), in files that are each within the limit
# keeps: gates.and
# seconds: 10
# bound: 640 MB for a limit of 512 MB
# rare: torch
import os


def or_gate():
    for number in range(11):
        file = os.open(f"file{number}", os.O_RDWR | os.O_CREAT)
        os.posix_fallocate(file, 0, 60 << 20)
        os.close(file)
    held_on("660 MB reserved", 2)


and_gate = right_and_gate
