"""The command line."""

from autograder.worker.course_modules import make_importable

# Before the modules here import `shared`.
make_importable()
