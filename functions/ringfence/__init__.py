"""Ringfence: from a security finding to a contained resource, every step written down."""
