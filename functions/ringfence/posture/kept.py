"""A judged resource as one line of text, so that a scan can be continued and compared. Pure.

A line has no properties of the resource: results and reasons suffice, and the file contains less of what
people want to protect.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, instant_text
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.posture.rule import Resource, Result, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULTS, UNSEEN, SUMMARIES = "results", "not-looked-at", "summaries"
"""The folders of the bucket of scans: judged resources, what was not looked at and why, and the scores."""
VERSION = 1
_STATES = {one.value: one for one in Status}


@frozen
class Judged:
    """A resource without its properties, and the result of each rule that is about it."""

    resource: Resource
    results: tuple[Result, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the resource in its account and region."""
        return self.resource.type, self.resource.id

    @property
    def text(self) -> str:
        """One line without its end."""
        of = self.resource
        return canonical(
            {
                "account": of.account,
                "region": of.region,
                "type": of.type,
                "id": of.id,
                "name": of.name,
                "tags": dict(of.tags),
                "results": [[one.rule, one.status.value, *one.reasons] for one in self.results],
            }
        )


def judged_of(text: str) -> Judged:
    """Return what a line contains. Raises BadInput."""
    try:
        line = Document.of(json.loads(text))
    except ValueError as error:
        raise BadInput("line", "must be JSON", text) from error
    tags = {key: str(value) for key, value in line.child("tags").value.items()}
    names = (line.text("type"), line.text("account"), line.text("region"), line.text("id"))
    resource = Resource(*names, line.optional_text("name") or "", {}, tags)
    return Judged(resource, tuple(_result(one, resource) for one in line.items("results")))


def _result(given: object, resource: Resource) -> Result:
    if not isinstance(given, list) or len(given) < len(("rule", "status")) or given[1] not in _STATES:
        raise BadInput("results", "must be lists of a rule, a status and reasons", given)
    rule, status, *reasons = map(str, given)
    return Result(rule, resource, _STATES[status], tuple(reasons))


@frozen
class Ending:
    """How the look at a place ended.

    Attributes
    ----------
    scan : str
        What identifies the whole scan: the time at which it began.
    rules : str
        The digest of the rules and of what else decides.
    began : datetime
        When the place began to be read.
    counts : mapping of str to int
        The number of resources of each type.
    unseen : tuple of str
        What was not looked at, and why.
    whole : bool
        Whether everything was read that could be read.
    """

    scan: str
    rules: str
    began: datetime
    counts: Mapping[str, int]
    unseen: tuple[str, ...] = ()
    whole: bool = True

    @property
    def text(self) -> str:
        """The text of it."""
        return canonical(
            {
                "version": VERSION,
                "scan": self.scan,
                "rules": self.rules,
                "began": instant_text(self.began),
                "counts": dict(self.counts),
                "unseen": list(self.unseen),
                "whole": self.whole,
            }
        )

    @classmethod
    def of(cls, text: str) -> Ending:
        """Read its text. Raises BadInput."""
        try:
            given = Document.of(json.loads(text))
            began = datetime.fromisoformat(given.text("began"))
        except ValueError as error:
            raise BadInput("ending", "must be JSON with a time", text) from error
        if given.integer("version") != VERSION or began.tzinfo is None:
            raise BadInput("ending", f"must be of version {VERSION}", text)
        counts = {type_: given.child("counts").integer(type_) for type_ in given.child("counts").value}
        return cls(
            given.text("scan"),
            given.text("rules"),
            began,
            counts,
            given.texts("unseen"),
            given.flag("whole"),
        )
