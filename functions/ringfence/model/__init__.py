"""The domain: values and pure functions. Standard library only, without I/O, clock or environment."""
