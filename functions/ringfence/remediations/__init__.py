"""Remediations: one file each, file name = id. Declaration and planner side by side."""
