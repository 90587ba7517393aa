"""One submission graded, and many."""
