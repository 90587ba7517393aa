"""The API for check files: checks, assertion helpers, the student's code, figures and probes."""
