"""The audit log: facts, chain, what is read from them."""
