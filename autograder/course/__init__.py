"""The instructor's policy and the students' submissions."""
