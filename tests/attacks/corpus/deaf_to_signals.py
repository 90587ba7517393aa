# tries: compute for ever and ignore every signal that can be ignored
# keeps: gates.and
# seconds: 1
import signal


def or_gate():
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue


and_gate = right_and_gate
