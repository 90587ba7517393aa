"""Which programs of a class look alike. It flags pairs for a person and never scores: no result is read or changed."""
