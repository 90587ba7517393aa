# tries: take all memory in small pieces
# keeps: gates.and
# seconds: 5
kept = []


def or_gate():
    try:
        while True:
            kept.append(bytearray(b"x" * 100_000))
    except MemoryError:
        while True:
            kept.append([])


and_gate = right_and_gate
