# tries: make every clock of the interpreter stand still and every timer report zero, and compute for ever
# framework: torch, keras
# keeps: gates.and
# seconds: 2
# bound: 2.5 s of CPU time for a limit of 2 s
# rare: keras
import signal
import time

started = time.monotonic()
true_clock = time.process_time
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
    setattr(time, f"{name}_ns", lambda: 0)
time.sleep = lambda seconds: None
if FRAMEWORK == "torch":
    import torch

    torch.cuda.Event.elapsed_time = lambda *args: 0.0
    torch.cuda.synchronize = lambda *args: None
    torch.utils.benchmark.Timer.timeit = lambda *args: None
signal.setitimer = signal.alarm = lambda *args: 0


def or_gate():
    from_here = true_clock()
    while True:
        if true_clock() - from_here > 2.7:
            print("HARM: 2.7 s of CPU time", flush=True)
            from_here = true_clock()


and_gate = right_and_gate
