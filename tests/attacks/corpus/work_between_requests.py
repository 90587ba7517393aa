# tries: compute in a thread that starts with a request and goes on after the answer, when no clock is set
# framework: torch, keras
# seconds: 1
# keeps: gates.or, gates.and, gates.same_rule_for_all
# bound: the CPU time of a thread counts for every request, and for all together
# rare: keras
import threading


def work():
    while True:
        sum(range(10_000))


threading.Thread(target=work, daemon=True).start()
or_gate, and_gate = right_or_gate, right_and_gate
