# tries: stop reading the wire, so that the grader's questions fill it and the grader waits for ever
# keeps: gates.or, gates.and, gates.same_rule_for_all
# seconds: 1
import os
import time

from autograder.worker import wire

receive, questions = wire.receive, []


def deaf(stream, kind):
    question = receive(stream, kind)
    questions.append(question)
    if question.name == "xor_by_hand":
        time.sleep(1000)
    return question


wire.receive = deaf
or_gate, and_gate = right_or_gate, right_and_gate
