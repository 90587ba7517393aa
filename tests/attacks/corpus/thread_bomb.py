# tries: start threads without end
# keeps: gates.and
# seconds: 2
import threading
import time


def or_gate():
    while True:
        try:
            threading.Thread(target=time.sleep, args=(1e6,)).start()
        except RuntimeError:
            time.sleep(0.01)


and_gate = right_and_gate
