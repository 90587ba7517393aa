"""Worker processes: start them, limit them, stop them."""
