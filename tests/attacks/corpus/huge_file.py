# tries: write one huge file, and a sparse one
# keeps: gates.and
import os


def or_gate():
    with open("sparse", "wb") as file:
        file.truncate(1 << 45)
    print("HARM: 32 TB", flush=True)
    return [0, 0], 0


def lecture_formula(x):
    with open("large", "wb") as file:
        while True:
            file.write(bytes(1 << 20))


and_gate = right_and_gate
