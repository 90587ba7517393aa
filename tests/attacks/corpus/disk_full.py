# tries: fill the disk, in files that are each within the limit
# keeps: gates.and
# seconds: 20
import time


def or_gate():
    for number in range(100):
        with open(f"{TARGETS['token']}-{number}", "wb") as file:
            file.write(bytes(40 << 20))
    print("HARM: 4 GB written", flush=True)
    time.sleep(1000)


and_gate = right_and_gate
