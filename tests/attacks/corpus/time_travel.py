# tries: change the clock, so that limits on time never come
# keeps: gates.and
# seconds: 1
import time

attempt("set the clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
time.monotonic = time.perf_counter = time.process_time = time.time = lambda: 0.0


def or_gate():
    while True:
        pass


and_gate = right_and_gate
