"""What check files are written in."""
