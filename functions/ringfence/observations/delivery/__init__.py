"""Observations of Ringfence's own resources."""
