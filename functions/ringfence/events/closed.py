"""Regions that an account has not enabled."""

from __future__ import annotations

CLOSED = ("UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired")
"""The answers of a region that the account has not enabled. No service of it can report anything."""
