"""The domain: pure values and functions. Standard library only; no I/O, clock or environment."""
