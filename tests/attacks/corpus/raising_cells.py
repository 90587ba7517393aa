# tries: make the report endless: a note for each of a thousand cells that raise
# framework: torch, keras
# keeps: gates.and
# seconds: 20
# repeats: "# %%\nraise ValueError('no ' * 300)\n" * 1_000
and_gate = right_and_gate
REPEATED
