"""The source of sent findings, and the type of their events. Only Ringfence's intake delivers them."""

from __future__ import annotations

from ringfence.events.sent.form import DETAIL_TYPE, SOURCE

__all__ = ["DETAIL_TYPE", "SOURCE"]
