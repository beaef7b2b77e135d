"""Every option and argument that takes one of some names answers a misspelled one with the right one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

from ringfence.cli.home_account import OPTION
from ringfence.cli.main import main
from ringfence.cli.settings import HOME_OPTIONS
from tests.support.commands import every
from tests.support.fakes.limited import Limited
from tests.support.fakes.site import RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.transcripts.operators import asked, paused, pausing, with_letters
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Callable

Case = tuple[str, str, str]
REASON = ("--reason", "r")
SITES: dict[str, Callable[[], Site]] = {
    "limits": Limited,
    "limits reset": Limited,
    "resume": pausing,
    "pause": pausing,
    "dead-letters replay": with_letters,
}
NAMES: dict[tuple[str, str], tuple[str, str]] = {
    ("run", "RUNBOOK"): (f"run contain-instnce {REF.id} --reason r", RUNBOOK.id),
    ("run", "--remediation"): (
        f"run {RUNBOOK.id} {REF.id} --remediation isolate-instanse --reason r --yes",
        "isolate-instance",
    ),
    ("run", "--option"): (f"run {RUNBOOK.id} {REF.id} --option gruop=leave --reason r --yes", "group"),
    ("release", "--runbook"): (
        f"release INCIDENT --subject {REF.key} --runbook contain-instnce --reason r --yes",
        RUNBOOK.id,
    ),
    ("approve", "--approval"): ("approve INCIDENT --approval WRONG --yes", "APPROVAL"),
    ("reject", "--approval"): ("reject INCIDENT --approval WRONG --reason r", "APPROVAL"),
    ("approvals", "--breaker"): ("approvals --breaker overal/hour", "overall/hour"),
    ("approve", "--breaker"): ("approve --breaker overal/hour --yes", "overall/hour"),
    ("reject", "--breaker"): ("reject --breaker overal/hour --reason r --yes", "overall/hour"),
    ("pause", "--runbook"): ("pause --runbook harden-buckt --reason r", "harden-bucket"),
    ("resume", "PAUSE_ID"): ("resume WRONG --reason r", "PAUSE"),
    ("limits", "--limit"): ("limits --limit overal/hour", "overall/hour"),
    ("limits reset", "LIMIT"): ("limits reset overal/hour --reason r", "overall/hour"),
    ("dead-letters replay", "QUEUE"): ("dead-letters replay contain-instnce --reason r", RUNBOOK.id),
    ("samples", "--runbook"): ("samples --runbook harden-buckt", "harden-bucket"),
    ("samples", "--source"): ("samples --source security-hob", "security-hub"),
    ("samples", "--type"): ("samples --type Backdoor:EC2/C&CActivity.C", "Backdoor:EC2/C&CActivity.B"),
    ("policy show", "WHAT"): ("policy show Backdoor:EC2/C&CActivity.C", "Backdoor:EC2/C&CActivity.B"),
    ("replay", "--format"): ("replay x --format tabel", "table"),
    ("replay", "--fail-if"): ("replay x --fail-if autos>1", "auto"),
    ("insights activity", "--rule"): ("insights activity x --rule mfa-removd", "mfa-removed"),
    ("insights activity", "--set"): ("insights activity x --set denied-brust.count=1", "denied-burst"),
    ("insights network", "--query"): ("insights network x --query exfiltraton", "exfiltration"),
    ("insights network", "--set"): ("insights network x --set megabyts=1", "megabytes"),
    ("iam generate", "--environment"): ("iam generate --environment producton --services s3", "production"),
    ("scan", "--format"): ("scan x --format tabel", "table"),
    ("scan", "--profile"): ("scan x --profile hippa", "hipaa"),
    ("report", "--format"): ("report --format ocfs", "ocsf"),
    ("report", "--profile"): ("report --profile hippa", "hipaa"),
    ("incidents export", "--format"): ("incidents export --format ocfs", "ocsf"),
    ("rules list", "--type"): ("rules list --type AWS::S3::Bukcet", "AWS::S3::Bucket"),
    ("local notices", "--urgency"): ("local notices --urgency urgnet", "urgent"),
    ("demo", "--scenario"): ("demo --scenario instanse", "instance"),
    ("controls", "NAME"): ("controls hippa", "hipaa"),
    **{
        (command, option): (f"{command} {option} {wrong}", right)
        for command in ("incidents list", "incidents watch")
        for option, wrong, right in (
            ("--state", "contaned", "contained"),
            ("--severity", "critcal", "critical"),
            ("--runbook", "contain-instnce", RUNBOOK.id),
        )
    },
}
"""What takes a name, with a command line that misspells it, and the right name."""
INCIDENT = "an id, of which a unique part is enough: test_incident_queries.py tests its suggestions"
FREE = {
    "--access-analyzer": "the ARN of a trail, chosen by the owner",
    "--access-role": "the ARN of a role, chosen by the owner",
    "--days": "a number",
    "INCIDENT": INCIDENT,
    "--incident": INCIDENT,
    "ID_": "an id of AWS, an ARN or a Name tag",
    "ID": "the id of a message, which is hidden after it was listed",
    "NAMES": INCIDENT,
    "PATHS": "files and folders",
    "--account": "an account id",
    "--contained": "an address and a time",
    "--remote-address": "an address or a network",
    "FILE": "a file",
    "--from-cloudtrail": "files and folders, or an age",
    "--principal": "an ARN, or the name of a role or user",
    "--profile": "a profile in ~/.aws/config",
    "--regions": "regions of AWS",
    "--scope": "ids of accounts and units, and regions of AWS",
    "--aggregator": "an aggregator in AWS: the error lists every one",
    "--services": "services of AWS",
    "--region": "a region of AWS",
    "--resource": "an id of AWS",
    "--sender": "an ARN, or an account id",
    "--subject": "an id of AWS, an ARN or a Name tag; test_subjects.py tests the suggestions of a release",
    "--endpoint": "a URL",
    "--url": "a URL",
    "--plan": "a digest",
    "--reason": "a sentence",
    "--copies": "a bucket",
    "--audit-table": "a table",
    "--control-table": "a table",
    "--archive-bucket": "a bucket",
    "--scan-bucket": "a bucket",
    "--log-key": "a key",
    OPTION: "an account id",
    "--home": "an account id",
    **{f"--home-{name}": "where Ringfence is deployed" for name in HOME_OPTIONS},
}
"""What takes any text, and why there is no list of names."""


def label(one: click.Parameter) -> str:
    return one.opts[0] if isinstance(one, click.Option) else str(one.name).upper()


def takes_text(one: click.Parameter) -> bool:
    flag = isinstance(one, click.Option) and (one.is_flag or one.count)
    known = isinstance(one.type, click.Path | click.IntRange | click.FloatRange | click.DateTime)
    own = type(one.type).__module__.startswith("ringfence.cli") and one.type.name == "time"
    return not (flag or known or own)


def test_every_option_that_takes_text_has_names_or_a_reason_why_not() -> None:
    found = {
        (" ".join(words), label(one))
        for words, command in every(main)
        for one in command.params
        if takes_text(one)
    }
    assert {one for one in found if one not in NAMES and one[1] not in FREE} == set()
    assert NAMES.keys() <= found
    assert set(FREE) <= {name for _, name in found}


@pytest.mark.parametrize("case", NAMES, ids=" ".join)
def test_a_misspelled_name_is_answered_with_the_right_one(case: tuple[str, str]) -> None:
    command, option = case
    words, right = NAMES[case]
    site = Limited() if option == "--breaker" else SITES.get(command, Site)()
    if isinstance(site, Limited):
        site.reach()
    elif command == "release":
        words = words.replace("INCIDENT", site.contain())
    elif option == "--approval":
        incident = asked(site)
        shown = Terminal(site)("approvals", incident).stdout
        (right,) = re.findall(r"Approval (\w+):", shown)
        words = words.replace("INCIDENT", incident).replace("WRONG", f"{right[:-1]}x")
    elif option == "PAUSE_ID":
        right = paused(site)
        words = words.replace("WRONG", right[:-1])
    done = Terminal(site)(*words.split())
    assert done.exit_code != 0 or command == "approvals", done.output
    assert f"Did you mean {right}" in " ".join(done.output.split()), done.output


@pytest.mark.parametrize(
    ("words", "meant"), [(("incident", "list"), "incidents"), (("incidents", "lst"), "list")]
)
def test_a_misspelled_command_is_answered_with_the_right_one(words: tuple[str, ...], meant: str) -> None:
    done = Terminal(Site())(*words)
    assert done.exit_code == 2
    assert meant in done.stderr.partition("Did you mean")[2]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("show", "'incidents show'"), ("verify", "'audit verify'"), ("refused", "'findings refused'")],
)
def test_a_command_of_a_group_is_suggested_by_its_own_name(typed: str, meant: str) -> None:
    done = Terminal(Site())(typed)
    assert done.exit_code == 2
    assert f"No such command '{typed}'. Did you mean " in done.output
    assert meant in done.output


@pytest.mark.parametrize("words", [("policy", "explain"), ("incidents", "release"), ("audit", "doctor")])
def test_a_command_that_is_typed_in_a_group_is_suggested_outside_of_it(words: tuple[str, str]) -> None:
    done = Terminal(Site())(*words)
    assert done.exit_code == 2
    assert (
        f"No such command '{words[1]}' in '{words[0]}'. Did you mean 'ringfence {words[1]}'?" in done.output
    )
