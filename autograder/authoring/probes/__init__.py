"""What several exercises ask of a student's code in the same way."""
