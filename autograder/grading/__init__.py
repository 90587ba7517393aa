"""Grading of one submission, and of many."""
