"""docs/notices.md and docs/notice-schema.json: the notices and their machine-readable form."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.record.notices.floods import MOST_OF_A_KIND, MOST_OF_A_SUBJECT
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.schema import ATTRIBUTE, FIELDS, VERSION, json_schema
from tests.support.notice_kinds import AUTO, BROKEN, COMPLETE, told

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAGE = """# Notices

`make docs` generates this file from `functions/ringfence/record/notices/`. Do not edit it.

Ringfence publishes a notice to the SNS topic of the stack `Ringfence-Audit` (output `NoticesTopic`) when a
person should know something. Each entry of the audit log can cause one. Notices that nobody answered, and
approvals with break-glass, also go to the topic for escalations (output `EscalationsTopic`). CloudWatch
alarms publish to the first topic in their own form.

A notice has a subject line, a text, and the same content in a machine-readable form:

- The subject line begins with the urgency and the severity of the worst finding: `[URGENT, high] NOT
  contained: i-0123456789abcdef0 "web-1" (111122223333 eu-west-1)`.
- The text says what happened, where, who requested it and why, what was done and what is open. Its last lines
  are the commands to type next. A command is quoted for a POSIX shell.
- What comes from a finding can be written by an intruder. It is shortened, and characters that cannot be
  printed are escaped. HTML and Markdown are not escaped: a program that shows a notice as such must do that.

For example, this is the notice of an instance whose containment somebody undid:

```
{example}
```

## Kinds

A notice can be more or less urgent than its kind usually is.

{kinds}
## Many notices

In one hour, at most {most} notices of one kind are sent one by one about the runbook in an account, and at
most {subject} about one resource. After that, a summary tells of the next one, and then of twice as many each
time. The count begins again after an hour. Urgent notices, approvals, releases and pauses are always sent one
by one. The audit log and the metrics contain everything: `ringfence incidents list` shows it.

The function that sends notices counts in its memory. If Lambda starts another one, it counts from zero. So
more can be sent, and never less.

## Machine-readable form

The message attribute `{attribute}` contains the notice as JSON, version {version}. Its schema is
[notice-schema.json](notice-schema.json). A new field can be added without a new version. The fields that are
marked are also message attributes, so that a [filter policy][filter] can select notices. For example, this
filter policy of a subscription selects urgent notices of one account:

```json
{{"urgency": ["urgent"], "account": ["111122223333"]}}
```

{fields}
An Amazon SQS queue gets the attributes with the message, a Lambda function in `Sns.MessageAttributes`, and an
HTTPS endpoint in `MessageAttributes`. Subscriptions by email get only the subject and the text.

[filter]: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""


_OPEN = ("move eni-0a1b2c3d to the quarantine group of vpc-0a1b2c3d",)


def document() -> str:
    """Return the page."""
    kinds = [(f"`{one.code}`", one.urgency.value, one.meaning) for one in NoticeKind]
    fields = [(f"`{one.name}`", "yes" if one.filter else "", one.meaning) for one in FIELDS]
    example = told(AUTO, COMPLETE, replace(BROKEN, open=_OPEN, reason="it was contained again before"))
    return _PAGE.format(
        example=f"{example.subject}\n\n{example.text}" if example else "",
        kinds=_table(("Kind", "Usual urgency", "Sent when"), kinds),
        most=MOST_OF_A_KIND,
        subject=MOST_OF_A_SUBJECT,
        attribute=ATTRIBUTE,
        version=VERSION,
        fields=_table(("Field", "Attribute", "Meaning"), fields),
    )


def schema_text() -> str:
    """Return the JSON Schema."""
    return json.dumps(json_schema(), indent=2) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)
