"""Results in the formats of other programs: one module each, independent of the others."""
