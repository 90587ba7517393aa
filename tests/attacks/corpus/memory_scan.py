# tries: scan its own memory for texts that only the grader has
import re

MARK = ("or_gate() on the corners (0,0), " + "(0,1), (1,0), (1,1)").encode()
with open("/proc/self/maps") as maps:
    ranges = [line.split() for line in maps]
with open("/proc/self/mem", "rb", buffering=0) as memory:
    for where, rights, *_ in ranges:
        if rights.startswith("rw"):
            start, end = (int(part, 16) for part in where.split("-"))
            if end - start < 64 << 20:
                memory.seek(start)
                # The mark that this file built lies in memory too, once or twice; the title of the check does not.
                if re.search(rb"The OR unit is above", memory.read(end - start)) and b"unit is above " + b"1/2" in MARK:
                    print("HARM: found")
