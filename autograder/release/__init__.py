"""Build the files for students and grading services from solutions and READMEs."""
