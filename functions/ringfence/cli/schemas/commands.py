"""What each command prints with `--json`. The documentation and the tests come from this declaration."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.cli.schemas.local import DEMO, LOCAL, NOTICE_SENT, SAMPLE, SENT
from ringfence.cli.schemas.log import BUNDLE, COVERED, INCIDENT, REFUSED_FINDING, SHOWN, VERDICT
from ringfence.cli.schemas.offline import CONTROLS, DECIDES, DIFFERENCE, EXPLAINED, FLAW, PROBLEM, REMOVAL
from ringfence.cli.schemas.operators import ANSWERED, APPROVALS, RELEASE, RUN
from ringfence.cli.schemas.posture import (
    ACTIVITY,
    GENERATED,
    INSIGHT,
    REPORTED,
    RULE,
    RULES_CHECKED,
    RULES_TESTED,
    SCANNED,
    SCHEDULED,
)
from ringfence.cli.schemas.replay import REPLAYED
from ringfence.handlers.json_forms import (
    either,
    flag,
    many,
    maybe,
    merged,
    moment,
    record,
    table,
    text,
    whole,
)
from ringfence.handlers.operator_forms import LETTER, LIMIT, PAUSE, RECHECK

if TYPE_CHECKING:
    from ringfence.handlers.json_forms import Schema


@dataclass(frozen=True)
class Form:
    """The output of a command.

    Attributes
    ----------
    words : str
        What an object is about.
    schema : mapping
        The JSON Schema of an object.
    lines : bool
        There is one object on each line, and there can be none.
    """

    words: str
    schema: Schema
    lines: bool = False


ERROR = record(
    error=record(
        kind=text("`bad-input`, `denied`, `refused`, `retry`, `usage`, `failed` or `stopped`."),
        message=text(),
        exit_code=whole("The exit code, as without `--json`."),
        field_=text("The option or field with the bad input."),
        problem_=text("What was expected there."),
        all_=many(record(field=text(), problem=text()), "All errors of a file that has several."),
    )
)
FORMS = MappingProxyType(
    {
        "approvals": Form("Approvals of an incident, or all plans that wait.", APPROVALS),
        "approve": Form("The answer.", ANSWERED),
        "audit verify": Form(
            "A response. With `--all`, the last object says what was covered. With `--bundle`, the bundle.",
            either(VERDICT, record(covered=COVERED), record(bundle=BUNDLE)),
            lines=True,
        ),
        "controls": Form("The frameworks, or the requirements of one.", CONTROLS),
        "dead-letters list": Form("The dead letters.", record(dead_letters=many(LETTER))),
        "dead-letters replay": Form("What was put back.", record(replayed=many(LETTER))),
        "doctor": Form(
            "The self-check.", record(sound=flag(), compared=table(whole()), problems=many(PROBLEM))
        ),
        "explain": Form("An event.", EXPLAINED, lines=True),
        "demo": Form("How the demo ended.", DEMO),
        "iam generate": Form("The policy.", GENERATED),
        "incidents list": Form("A response to an incident.", INCIDENT, lines=True),
        "incidents recheck": Form("The incidents that were verified.", record(rechecks=many(RECHECK))),
        "incidents show": Form("The responses to an incident.", SHOWN),
        "incidents watch": Form("A response whose status has changed.", INCIDENT, lines=True),
        "insights activity": Form("What a rule found.", ACTIVITY, lines=True),
        "insights network": Form("A row that a query found.", INSIGHT, lines=True),
        "limits": Form("The limits.", record(limits=many(LIMIT))),
        "limits reset": Form(
            "The limit that was reset.",
            record(reset=merged(LIMIT, record(reset=text(), freed=many(text()), opened_at=maybe(moment())))),
        ),
        "findings refused": Form("A finding that the policy refused.", REFUSED_FINDING, lines=True),
        "findings send": Form(
            "What became of each finding. With `--check`, how many were checked.",
            record(
                results_=many(
                    record(
                        index=whole("The place of the finding in the file."),
                        status=whole("202, 400, 403 or 503."),
                        finding_=text("The id of the finding in Ringfence."),
                        error_=record(kind=text(), message=text(), field_=text(), problem_=text()),
                    )
                ),
                checked_=whole(),
            ),
        ),
        "local": Form("The local AWS.", LOCAL),
        "local notices": Form("A notice that was published.", NOTICE_SENT, lines=True),
        "local send": Form(
            "What was sent, a new entry of the log, or how a response ended.", SENT, lines=True
        ),
        "pause": Form("The pause.", record(pause=PAUSE, pauses=many(PAUSE))),
        "pauses": Form("What is paused.", record(pauses=many(PAUSE), unreadable=text())),
        "policy check": Form("The errors and warnings.", record(file=text(), valid=flag(), found=many(FLAW))),
        "policy diff": Form("A difference.", DIFFERENCE, lines=True),
        "policy show": Form("What decides.", DECIDES, lines=True),
        "reject": Form("The answer.", ANSWERED),
        "release": Form("The release.", RELEASE),
        "replay": Form("The counts.", REPLAYED),
        "report": Form("The report.", REPORTED),
        "resume": Form("The pause that ended.", record(pause=PAUSE, pauses=many(PAUSE))),
        "rules check": Form("The errors and notes.", RULES_CHECKED),
        "rules list": Form("The rules.", record(rules=many(RULE))),
        "rules test": Form("The examples that are judged in another way.", RULES_TESTED),
        "run": Form("The run.", RUN),
        "scan": Form("The score and the counts of each rule.", SCANNED),
        "scans list": Form("A scheduled scan.", SCHEDULED, lines=True),
        "samples": Form("An event.", SAMPLE, lines=True),
        "uninstall-plan": Form("The plan.", REMOVAL),
    }
)
"""The output of each command that has `--json`."""


def schema_of(command: str) -> Schema:
    """Return the JSON Schema of the objects that a command prints: its own ones, and errors."""
    return either(FORMS[command].schema, ERROR)
