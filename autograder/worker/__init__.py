"""Everything that runs in a process with student code. It must not be able to import other parts of the grader."""
