"""Reports for students and instructors: in a terminal, a notebook or a browser."""
