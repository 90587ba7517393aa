"""What an instructor says, and what students hand in."""
