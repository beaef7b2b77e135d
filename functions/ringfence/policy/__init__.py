"""What Ringfence may do on its own, and why."""
