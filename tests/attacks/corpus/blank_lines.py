# tries: keep the grader busy before any limit holds: a file of blank lines
# keeps: gates.and
# repeats: '\n' * 200_000
and_gate = right_and_gate
REPEATED
