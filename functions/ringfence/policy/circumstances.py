"""What a decision depends on beside the finding: the time, and what the organization says of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime


@frozen
class AccountFacts:
    """What AWS Organizations says of one account.

    Attributes
    ----------
    account : str
        The account id, 12 digits.
    units : tuple of str
        The organizational units that contain it, from the root down: the id of each one, and its path of
        names, such as `Workloads/Production`.
    tags : tuple of (str, str)
        The tags of the account.
    """

    account: str
    units: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@frozen
class Circumstances:
    """The circumstances of a decision. What is unknown makes a decision more cautious, never less.

    Attributes
    ----------
    now : datetime or None
        The time of the decision, with a time zone. None: unknown.
    accounts : tuple of AccountFacts or None
        What the organization says of its accounts. None: unknown.
    """

    now: datetime | None = None
    accounts: tuple[AccountFacts, ...] | None = None

    def account(self, id_: str) -> AccountFacts | None:
        """Return what is known of an account. None if nothing is."""
        return next((one for one in self.accounts or () if one.account == id_), None)


NOTHING_KNOWN = Circumstances()
"""Neither the time nor the organization is known."""
