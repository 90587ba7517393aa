"""People: who is in the course, when they submitted, what people decided, and the score that counts."""
