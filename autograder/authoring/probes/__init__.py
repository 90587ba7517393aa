"""Probes that several exercises share: small experiments on a student's models, told apart by what they do."""
