"""The form of a finding that a customer's own system sends, version 1.

It contains what decisions need, and nothing else: who sends it is never a field, because the sender would
write it. The API takes the sender from IAM, and the bus takes the account from EventBridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.sent.declared import (
    Constant,
    Declared,
    Field,
    Flag,
    Instant,
    ListOf,
    Number,
    Text,
)
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.kinds import parse_key
from ringfence.model.kinds.finding import FindingRef
from ringfence.model.subject import GLOBAL
from ringfence.model.told_sources import SENT
from ringfence.policy.decision import Mode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ringfence.model.subject import Ref

SOURCE, DETAIL_TYPE = SENT, "Ringfence Finding"
"""The source and the type of the event for such a finding."""
VERSION = 1
MOST_FINDINGS = 25
"""The maximum number of findings in one request."""
MOST_SUBJECTS = 10
_MODES = tuple(one.value for one in Mode if one.records)
_SUBJECTS = "subjects"
_PRINTABLE = "[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]"
FINDING = Declared(
    "Ringfence finding",
    "A finding that your own system sends to Ringfence, version 1.",
    (
        Field("version", Constant(VERSION), "The version of this form.", VERSION),
        Field(
            "id",
            Text(
                "an id of letters, digits and . _ : / = + @ -, at most 200 characters",
                "[A-Za-z0-9][A-Za-z0-9._:/=+@-]*",
                200,
            ),
            "The id of the finding at its sender. A finding with the same id is a newer version of it.",
            "ids-2027-000123",
        ),
        Field(
            "product",
            Text("lower-case letters, digits and hyphens, at most 64 characters", "[a-z0-9][a-z0-9-]*", 64),
            "The system that found it. The policy's `mappings` match on it.",
            "office-ids",
        ),
        Field(
            "type",
            Text(
                "a type of letters, digits, spaces and . _ : / & ! ( ) -, at most 120 characters",
                "[A-Za-z0-9][A-Za-z0-9 ._:/&!()-]*",
                120,
            ),
            "The type of the finding. The policy's `mappings` and rules match on it.",
            "C2/Beacon",
        ),
        Field(
            "title",
            Text("one line of at most 500 characters", f"{_PRINTABLE}+", 500),
            "What was found, in one line. People read it.",
            "The server sends a beacon to a known command-and-control address every 60 seconds",
        ),
        Field(
            "severity",
            Number(0, 10),
            "The severity on GuardDuty's scale: low from 1, medium from 4, high from 7, critical from 9.",
            8.0,
        ),
        Field(
            "updated_at",
            Instant(),
            "The time of this version of the finding. An older version than the known one changes nothing.",
            "2027-01-31T23:59:59Z",
        ),
        Field(
            _SUBJECTS,
            ListOf(
                Text(
                    "a resource KIND/ACCOUNT/REGION/ID, such as "
                    "instance/111122223333/eu-west-1/i-0123456789abcdef0",
                    "[a-z][a-z-]*/[0-9]{12}/[a-z0-9-]+/[^\\u0000-\\u0020\\u007f-\\uffff]+",
                    600,
                ),
                1,
                MOST_SUBJECTS,
            ),
            "The resources that the finding is about, all in one account. `docs/kinds.md` lists the kinds.",
            ["instance/111122223333/eu-west-1/i-0123456789abcdef0"],
        ),
        Field(
            "first_seen",
            Instant(),
            "The start of the activity.",
            "2027-01-31T23:10:00Z",
            required=False,
        ),
        Field(
            "count",
            Number(1, 1_000_000_000, whole=True),
            "How often it was seen.",
            49,
            required=False,
        ),
        Field(
            "resolved",
            Flag(),
            "Whether the finding is closed at its sender. Ringfence ignores it then, unless the policy says "
            "otherwise.",
            False,
            required=False,
        ),
        Field(
            "highest_mode",
            Text(f"one of {', '.join(_MODES)}", f"({'|'.join(_MODES)})", max(map(len, _MODES))),
            "The highest mode in which Ringfence may answer. The policy can only lower it.",
            Mode.APPROVE.value,
            required=False,
        ),
        Field(
            "sample",
            Flag(),
            "Whether it is a test. Ringfence ignores it then, unless the policy says otherwise.",
            False,
            required=False,
        ),
    ),
)
"""The fields of a finding."""


def finding_of(value: object, path: str = "") -> Document:
    """Return a finding in this form. Raises BadInput that names the field and the value."""
    document = FINDING.read(value, path)
    subjects_of(document)
    return document


def finding_flaws(value: object, path: str = "") -> Iterator[BadInput]:
    """Yield everything that is wrong with a finding in this form. `finding_of` raises the first one."""
    try:
        document = Document.of(value, path)
    except BadInput as error:
        yield error
        return
    found = tuple(FINDING.flaws(document))
    yield from found
    if isinstance(document.value.get(_SUBJECTS), list):
        wrong = frozenset(one.field for one in found)
        yield from (one for one in _subjects(document, wrong) if isinstance(one, BadInput))


def subjects_of(finding: Document) -> tuple[Ref, ...]:
    """Return the resources of a finding. Raises BadInput for an unknown kind, and for several accounts."""
    found: list[Ref] = []
    for one in _subjects(finding):
        if isinstance(one, BadInput):
            raise one
        found.append(one)
    return tuple(found)


def _subjects(finding: Document, wrong: Collection[str] = ()) -> Iterator[Ref | BadInput]:
    """Yield each resource of a finding, or what is wrong with it. `wrong`: fields that are not read."""
    account = ""
    for index, key in enumerate(finding.items(_SUBJECTS)):
        field = f"{finding.at(_SUBJECTS)}[{index}]"
        if field not in wrong:
            read = _subject(field, str(key), account)
            yield read
            account = account or ("" if isinstance(read, BadInput) else read.account)


def _subject(field: str, key: str, account: str) -> Ref | BadInput:
    """Return a resource, or what is wrong with it. `account` is that of the first one, if there is one."""
    try:
        ref = parse_key(key)
    except BadInput as error:
        return BadInput(field, error.problem, key, error.hint)
    if isinstance(ref, FindingRef):
        return BadInput(field, "must be a resource, not a finding", key)
    if not ref.regional and ref.region != GLOBAL:
        return BadInput(field, f"must be in region {GLOBAL}, because its kind is global", key)
    if account and ref.account != account:
        return BadInput(field, f"must be in account {account}, like the first one", key)
    return ref
