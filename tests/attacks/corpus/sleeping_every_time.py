# tries: sleep in every request for almost as long as it may, so that no limit of one request is met
# seconds: 2
# all_seconds: 4
# bound: 20 s on the clock for 4 s of CPU time in all, four times as much on the clock
# rare: torch
import time

started = time.monotonic()


def sleepy(answer):
    def function(*args, **kwargs):
        time.sleep(5)
        if time.monotonic() - started > 60:
            print("HARM: 60 s of sleep", flush=True)
        return answer

    return function


for name in TARGETS["contract"]:
    globals()[name] = sleepy(0.5)
