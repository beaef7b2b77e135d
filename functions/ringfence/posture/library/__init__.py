"""The rules that are shipped, a file a service."""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).parent
"""The folder with the rule files."""
