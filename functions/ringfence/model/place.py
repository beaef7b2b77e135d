"""An account and a region."""

from __future__ import annotations

from ringfence.model.frozen import frozen


@frozen
class Place:
    """An account and a region to look at."""

    account: str
    region: str

    @property
    def words(self) -> str:
        """Its name for people."""
        return f"account {self.account}, {self.region}"
