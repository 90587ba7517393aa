"""Results in the forms that other programs read: each a file, none knows another."""
