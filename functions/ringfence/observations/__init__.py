"""Facets: what is observed of a subject, each with the pure conversation that reads it."""
