"""Notices about what only a sweep found, and about findings that a filter of GuardDuty archived."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.policy.sweeps import CLOUDTRAIL, CONFIG, OTHERS, SEVERE
from ringfence.record.notices.deployment import DOCTOR
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.notice import About, Command, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ringfence.model.place import Place

_DEAD_LETTERS = Command("see events that arrived and were not handled", "ringfence dead-letters list")
_RULES = "Ringfence's EventBridge rules, forwarding stacks and queues there: was one of them off or changed?"
_CHECKS: Mapping[str, tuple[str, ...]] = {
    SEVERE: (_RULES,),
    OTHERS: (_RULES,),
    CONFIG: (_RULES, "AWS Config sends its events on a best-effort basis: a single one can be lost"),
    CLOUDTRAIL: (
        _RULES,
        "a trail in the region: without one, EventBridge gets no recorded calls",
        "CloudTrail sends its events on a best-effort basis: a single one can be lost",
    ),
}
"""What a person checks after each sweep found something."""
_SOURCES = {SEVERE: "GuardDuty", OTHERS: "GuardDuty", CONFIG: "AWS Config", CLOUDTRAIL: "CloudTrail"}


def found_by_sweep(sweep: str, found: Mapping[Place, Sequence[str]], more: int) -> Notice:
    """Return the notice about findings that only a sweep found.

    Parameters
    ----------
    sweep
        The name of the sweep.
    found
        The types of the findings in each place.
    more
        How many others it found.
    """
    number = sum(map(len, found.values())) + more
    some = f"{counted(number, 'finding')} of {_SOURCES[sweep]}"
    others = (f"and {counted(more, 'more finding that was')} not read again",) if more else ()
    parts = (
        (f"Only the sweep `{sweep}` found them, more than 15 minutes late", (*_places(found), *others)),
        ("What Ringfence did", ("it answered each of them as if its event had arrived",)),
        ("What to check", _CHECKS[sweep]),
    )
    what = f"the event{'s' if number > 1 else ''} of {some} did not arrive"
    return Notice(
        NoticeKind.FOUND_BY_SWEEP,
        what,
        _about(found),
        NoticeKind.FOUND_BY_SWEEP.urgency,
        parts=parts,
        commands=(DOCTOR, _DEAD_LETTERS),
    )


def suppressed(found: Mapping[Place, Sequence[str]]) -> Notice:
    """Return the notice about findings that a filter archived. `found`: their types in each place."""
    number = sum(map(len, found.values()))
    some = f"{counted(number, 'finding')}"
    todo = (
        "whether each suppression rule of GuardDuty should archive such findings. Ringfence changes nothing"
    )
    parts = (
        ("Archived, for example by a suppression rule, so GuardDuty sends no events", tuple(_places(found))),
        ("What to check", (todo,)),
    )
    kind = NoticeKind.SUPPRESSED
    return Notice(
        kind,
        f"{some} of GuardDuty suppressed",
        _about(found),
        kind.urgency,
        parts=parts,
        commands=(Command("check that GuardDuty is on in every place", DOCTOR.line),),
    )


def _places(found: Mapping[Place, Sequence[str]]) -> Iterator[str]:
    for place, types in found.items():
        counted = Counter(types).most_common()
        yield f"{place.words}: {', '.join(f'{number} of {name}' for name, number in counted)}"


def _about(found: Iterable[Place]) -> About:
    places = tuple(found)
    return About(account=places[0].account, region=places[0].region) if len(places) == 1 else About()
