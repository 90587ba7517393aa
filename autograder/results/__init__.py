"""The form of a result, and where results lie."""
