# tries: use up the disk's inodes with empty files
# keeps: gates.and
# seconds: 20
import os
import time


def or_gate():
    for number in range(300_000):
        if number % 1000 == 0:
            os.mkdir(f"d{number}")
            os.chdir(f"d{number}")
        os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY))
    print("HARM: 300,000 files", flush=True)
    time.sleep(1000)


and_gate = right_and_gate
