"""Observations: what is read of a subject, each with the pure calls that read it."""
