"""State changes of EC2 instances."""
