"""Find the errors of a policy's `senders`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.policy.decision import Mode
from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.policy.schema import HOME
from ringfence.policy.senders import BUS_HIGHEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.model.runbook import Runbook
    from ringfence.policy.yaml_source import Path


def sender_flaws(
    data: object, runbooks: Mapping[str, Runbook], no_subject: Callable[[object], str], home: str = ""
) -> Iterator[tuple[Path, str]]:
    """Find senders without an identity, and entries that never let anything in.

    Parameters
    ----------
    data
        The policy.
    runbooks
        The catalogue.
    no_subject
        Returns why a glob matches no resource of the scope. Empty if it can match one.
    home
        The home account, if it is known.

    """
    scope = set(map(str, items_of(get(get(data, "scope"), "accounts"))))
    known = {home if one == HOME and home else one for one in scope}
    for index, sender in enumerate(items_of(get(data, "senders"))):
        path = ("senders", index)
        given = mapping_of(sender)
        if ("role" in given) is ("account" in given):
            yield path, "must have either `role`, for the API, or `account`, for the bus"
        yield from _identity(path, given, known, home)
        for number, glob in enumerate(items_of(given.get("subjects"))):
            if problem := no_subject(glob):
                yield (*path, "subjects", number), problem
        for number, id_ in enumerate(items_of(given.get("runbooks"))):
            if isinstance(id_, str) and id_ not in runbooks:
                words = f"is not a runbook{meant(id_, runbooks)}; the runbooks are {', '.join(runbooks)}"
                yield (*path, "runbooks", number), words


def _identity(
    path: Path, given: Mapping[str, object], known: set[str], home: str
) -> Iterator[tuple[Path, str]]:
    role, account, mode = (given.get(name) for name in ("role", "account", "mode"))
    if home and isinstance(role, str) and f"::{home}:" not in role:
        yield (*path, "role"), f"must be a role of the home account, {home}: the API admits no other account"
    if isinstance(account, str) and (HOME not in known or account != HOME):
        unknown = not home and (account == HOME or HOME in known)
        if known and not unknown and (home if account == HOME else account) not in known:
            yield (*path, "account"), "is not in the policy's scope"
    if account is not None and mode in set(Mode) and Mode(str(mode)).freedom > BUS_HIGHEST.freedom:
        words = f"must be {BUS_HIGHEST} or more cautious: the bus names no principal"
        yield (*path, "mode"), words
