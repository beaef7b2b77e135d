"""Findings that a customer's own system sends: by the API, or on the bus."""
