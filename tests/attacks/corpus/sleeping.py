# tries: sleep for ever, so that the grader waits for ever
# keeps: gates.and
# seconds: 1
import time

or_gate = lambda: time.sleep(1e6)
and_gate = right_and_gate
