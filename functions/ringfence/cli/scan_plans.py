"""`ringfence scan --plans`: show the plan for failing resources, as a dry run by the operators' API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.layout import count
from ringfence.cli.plan_view import Screen, plan_shown
from ringfence.cli.text import safe
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, BadInput, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.cli.scan_options import ScanOptions
    from ringfence.posture.fixes import Fix, Fixes

    Run = Callable[[Mapping[str, object]], Mapping[str, object]]

MOST = 20
"""The failing resources whose plans are shown. Each plan is read from AWS, and recorded as a dry run."""


def show_plans(given: ScanOptions, fixes: Fixes, run: Run | None) -> None:
    """Show the plans on standard error. What cannot be read is named, and stops nothing.

    `run` requests a run. None: by the API.
    """
    screen, ask = Screen(as_json=True), run or _by_api(given)
    for one in fixes.found[:MOST]:
        try:
            planned = Document.of(ask(_body(one, fixes)))
            screen.show(plan_shown(planned, f"{one.target.runbook}:", given.home.accounts))
        except (AccessDenied, BadInput) as error:
            screen.say(safe(f"The plans cannot be read: {error}"))
            return
        except RingfenceError as error:
            screen.say(safe(f"The plan for {one.target.ref.key} cannot be read: {error}"))
    if more := len(fixes.found) - MOST if len(fixes.found) > MOST else 0:
        screen.say(f"The plans of {count(more, 'more resource')} are not shown.")


def _body(one: Fix, fixes: Fixes) -> dict[str, object]:
    from ringfence.cli.operator_command import subject_of

    rule = fixes.rules[one.result.rule]
    return {
        "runbook": one.target.runbook,
        "subject": subject_of(one.target.ref),
        "reason": f"rule {rule.name}",
        "remediations": [rule.remediation],
        "options": {},
        "dry_run": True,
    }


def _by_api(given: ScanOptions) -> Run:
    from ringfence.cli.client_factory import http_client
    from ringfence.cli.operator_command import CommandOptions

    options = CommandOptions("", True, False, False, True, 0, "", None, given.home)
    return http_client(options).run
