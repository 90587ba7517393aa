# tries: answer with lists nested so deep that whoever reads them overflows
# keeps: gates.and
def or_gate():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested


and_gate = right_and_gate
