"""Which items of a place are recorded, and in which region. What is not recorded is named. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput, Refused, Retryable
from ringfence.posture.pages import Pages
from ringfence.posture.recording import GLOBAL_IAM, ONE_REGION, RECORD_IAM, recording
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.place import Place
    from ringfence.posture.reach import Reach, Wanted
    from ringfence.posture.recording import Recording

    Source = tuple[str, tuple[str, ...]]


@dataclass
class Sources:
    """The sources of a place. `unseen` is what was not looked at. `whole`: a later look cannot help.

    `daily` are the types whose items can be a day old.
    """

    place: Place
    wanted: Wanted
    reach: Reach
    unseen: list[str] = field(default_factory=list)
    whole: bool = True
    daily: set[str] = field(default_factory=set)

    @property
    def pages(self) -> Pages:
        """The pages of queries about the place."""
        return Pages(self.place, self.reach)

    def found(self) -> Iterator[Source]:
        """Yield each region that has items of this place, and the types that are recorded in it."""
        types = self.wanted.types(self.place.region)
        if self.place.region != EVERYWHERE:
            yield from self._recorded(self.place.region, types)
            return
        for region in dict.fromkeys(ONE_REGION.values()):
            yield from self._recorded(region, tuple(one for one in types if ONE_REGION.get(one) == region))
        yield from self._iam(tuple(one for one in types if one in GLOBAL_IAM))

    def missed(self, why: str, *types: str, again: bool) -> None:
        """Note what was not looked at. `again`: a later look can help."""
        self.unseen.append(f"{', '.join(types)}: {why}" if types else why)
        self.whole = self.whole and not again

    def _recorded(self, region: str, types: tuple[str, ...]) -> Iterator[Source]:
        if not types:
            return
        found = self._recording(region)
        if found is None:
            # An aggregator has the items all the same. What could not be read is named.
            if self.reach.aggregator and self.reach.aggregator.covers(self.place.account, region):
                yield region, types
            return
        if found.problem:
            everywhere = self.place.region == EVERYWHERE
            words = f"{found.problem} in {region}" if everywhere else found.problem
            self.missed(words, *(types if everywhere else ()), again=False)
            return
        if lacking := found.lacking(types):
            self.missed("AWS Config does not record this", *lacking, again=False)
        if recorded := tuple(one for one in types if one not in lacking):
            self._slow(found, recorded)
            yield region, recorded

    def _slow(self, found: Recording, types: tuple[str, ...]) -> None:
        """Name the types whose newest changes are in no item."""
        if found.pending:
            why = "changes that are in no item yet, because the latest recording of AWS Config is pending"
            self.missed(why, *types, again=False)
        if slow := found.once_a_day(types):
            self.daily.update(slow)
            why = "changes of the last 24 hours, because AWS Config records this once a day"
            self.missed(why, *slow, again=False)

    def _iam(self, types: tuple[str, ...]) -> Iterator[Source]:
        """Yield the first region that has items of IAM. Only some regions do."""
        if not types:
            return
        able = [one for one in self.wanted.regions if one in RECORD_IAM]
        for region in able:
            found = self._recording(region)
            if found is not None and not found.lacking(types) and self._has_iam(region):
                self._slow(found, types)
                yield region, types
                return
        known = "is known to record this" if able else "can record this: all are newer than February 2022"
        self.missed(f"no region of the scope {known}", *types, again=not self.whole)

    def _has_iam(self, region: str) -> bool:
        """Return whether a region has an item of IAM. Each account has roles: none is a region without items.

        An account can have no user, no group and no policy. So every type of IAM counts.
        """
        try:
            return any(self.pages.counts(region, sorted(GLOBAL_IAM)).values())
        except (BadInput, Refused, Retryable) as error:
            self.missed(str(error), again=True)
            return False

    def _recording(self, region: str) -> Recording | None:
        """Return what is recorded. None if that cannot be read."""
        try:
            return self.reach.patiently(self.place.account, region, recording)
        except (BadInput, Refused, Retryable) as error:
            self.missed(str(error), again=True)
            return None
