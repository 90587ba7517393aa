# tries: fill the disk in a folder that the grader cannot look into
# seconds: 20
import os
import time


def or_gate():
    os.mkdir("closed", 0o300)
    for number in range(100):
        with open(f"closed/{number}", "wb") as file:
            file.write(bytes(40 << 20))
    print("HARM: 4 GB written", flush=True)
    time.sleep(1000)
