"""Solutions and READMEs become what students and grading services receive."""
