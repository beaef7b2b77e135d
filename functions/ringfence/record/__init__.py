"""The audit log: its facts, its chain, and views of them."""
