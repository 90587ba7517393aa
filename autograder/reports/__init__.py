"""What students and instructors look at: in a terminal, in a notebook, in a browser."""
