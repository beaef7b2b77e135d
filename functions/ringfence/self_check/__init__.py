"""The self-check: compare what is deployed with what the stacks declare. Reads are without I/O."""
