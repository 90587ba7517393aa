"""Probes of a student's code that several exercises share."""
