"""The result format, and the files in which results are stored."""
