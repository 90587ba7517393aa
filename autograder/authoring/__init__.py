"""What check files are written with."""
