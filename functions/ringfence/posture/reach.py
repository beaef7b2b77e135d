"""What a scan reaches and what it judges: the ports and values of a look at a place. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from ringfence.model.errors import AccessDenied, Retryable
from ringfence.model.frozen import frozen, replace
from ringfence.posture.evaluate import judged
from ringfence.posture.kept import Judged
from ringfence.posture.recording import GLOBAL_TYPES
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.engine.ports import Clock
    from ringfence.model.call import SansIO
    from ringfence.model.document import Document
    from ringfence.model.place import Place
    from ringfence.posture.rule import Rule

R = TypeVar("R")
TRIES = 6
"""How often a call is made that fails for another reason than a denial. The waits add up to half a minute."""


class Asking(Protocol):
    """Runs a read in an account and region."""

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Return its result. Raises AccessDenied, Retryable."""
        ...


@frozen
class Aggregator:
    """An aggregator of AWS Config: its name, its place, and the accounts and regions whose items it has."""

    name: str
    home: Place
    has: frozenset[Place]

    def covers(self, account: str, region: str) -> bool:
        """Return whether it has the items of an account and region."""
        return any(one.account == account and one.region == region for one in self.has)


@frozen
class Reach:
    """What a look reaches. `wait` waits for some seconds."""

    cloud: Asking
    clock: Clock
    wait: Callable[[float], None]
    aggregator: Aggregator | None = None

    def patiently(self, account: str, region: str, talk: Callable[[], SansIO[R]]) -> R:
        """Run a read, and again after a growing wait while it fails.

        Raises AccessDenied at once, and Retryable after the last try.
        """
        for number in range(TRIES - 1):
            try:
                return self.cloud.asked(account, region, talk())
            except AccessDenied:
                raise
            except Retryable:
                self.wait(float(2**number))
        return self.cloud.asked(account, region, talk())


@frozen
class Wanted:
    """What a scan judges.

    Attributes
    ----------
    scan, digest : str
        What identifies the scan, and its rules.
    rules : tuple of Rule
        The rules.
    regions : tuple of str
        The regions of the scope. Global resources are recorded in some of them.
    units : mapping of str to frozenset of str
        The organizational units of each account.
    """

    scan: str
    digest: str
    rules: tuple[Rule, ...]
    regions: tuple[str, ...]
    units: Mapping[str, frozenset[str]]

    def types(self, region: str) -> tuple[str, ...]:
        """Return the types that some rule is about, and that a region or `global` has."""
        every = {type_ for rule in self.rules for type_ in rule.resource_types if rule.is_about(type_)}
        return tuple(one for one in sorted(every) if (one in GLOBAL_TYPES) is (region == EVERYWHERE))

    def judged(self, item: Document) -> Judged | None:
        """Return an item with the results of its rules. None for a resource that is gone. Raises BadInput."""
        told = judged(item, self.rules, self.units)
        if told is None:
            return None
        resource, found = told
        bare = replace(resource, properties={})
        return Judged(bare, tuple(replace(one, resource=bare) for one in found))
