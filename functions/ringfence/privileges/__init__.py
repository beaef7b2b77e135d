"""Least privilege: what a principal used, and the policy that allows that and nothing else."""
