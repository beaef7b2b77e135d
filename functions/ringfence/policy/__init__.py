"""What may happen by itself, and why."""
