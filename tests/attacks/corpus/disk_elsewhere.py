# tries: fill every other place where programs put files: /tmp, /var/tmp, /dev/shm, /run, the home folder
# keeps: gates.and
# seconds: 10
# bound: 640 MB for a limit of 512 MB
import os
import pathlib


def or_gate():
    written = 0
    for where, folder in enumerate(("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", pathlib.Path.home(), ".")):
        for number in range(11):
            try:
                with open(f"{folder}/{TARGETS['token']}-{where}-{number}", "wb") as file:
                    for _ in range(60):
                        file.write(bytes(1 << 20))
                        written += 1
            except OSError:
                break
    if written > 640:
        held_on(f"{written} MB in all folders", 2)
    raise OSError(f"{written} MB")


and_gate = right_and_gate
