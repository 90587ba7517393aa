"""All that runs beside student code. It imports nothing of the rest of the grader: it must not be able to."""
