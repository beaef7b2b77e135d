"""The engine: the only code that runs a plan."""
