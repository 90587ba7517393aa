"""Probes: questions to a student's model and numbers to compare its answers with, shared by the checks of several exercises."""
