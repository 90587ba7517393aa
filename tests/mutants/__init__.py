"""Mutants of right programs: one small fault in each, made by an operator; the checks must find it.

`python -m tests.mutants` grades them and writes `docs/mutants.md`.
"""
