"""AWS Health."""
