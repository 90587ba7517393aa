# tries: put data into files that are in memory, and take all memory as well
# keeps: gates.and
# seconds: 20
# bound: 500 MB for a limit of 400 MB, beside 512 MB of files
import os
import time


def or_gate():
    try:
        for number in range(9):
            with open(f"file{number}", "wb") as file:
                for _ in range(56):
                    file.write(bytes(1 << 20))
    except OSError:
        pass
    for _ in range(2):
        if os.fork() == 0:
            room = bytearray(260 << 20)
            for page in range(0, len(room), 4096):
                room[page] = 1
            time.sleep(1000)
    held_on("520 MB beside the files", 4)


and_gate = right_and_gate
