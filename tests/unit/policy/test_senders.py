"""The policy's senders: who may send findings, about what, and what they may cause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.claims import SentFinding
from ringfence.model.kinds.instance import InstanceRef
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.file import InvalidPolicy, load_policy
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.policy.senders import Refusal, Sender, refusal
from tests.support.samples.runbooks import CATALOGUE
from tests.support.worlds import REF, finding

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.model.finding import Finding

HOME = REF.account
ROLE = f"arn:aws:iam::{HOME}:role/path/ids"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/ids/office"
ANY = ("instance/*/*/*",)
ALWAYS = Policy((HOME,), rules=(Rule(Mode.AUTO),))


def sent(sender: str = SESSION, way: str = "api") -> Finding:
    return replace(finding().finding, claim=SentFinding(sender, way, proven=True))


def mode(*senders: Sender, of: Finding | None = None, runbook: str = "contain-instance") -> Mode:
    return decide(replace(ALWAYS, senders=senders), runbook, of or sent(), REF).mode


def test_without_senders_nobody_causes_more_than_a_notice() -> None:
    assert mode() is Mode.NOTIFY
    assert refusal((), sent()) == Refusal(
        "sender", SESSION, "is not among the roles that may send findings, in `senders` of the policy"
    )


@pytest.mark.parametrize("cap", tuple(Mode))
def test_a_sender_causes_at_most_its_mode(cap: Mode) -> None:
    assert mode(Sender(ANY, cap, role=ROLE)) is cap


def test_the_rules_still_decide_below_that() -> None:
    policy = Policy((HOME,), rules=(Rule(Mode.NOTIFY),), senders=(Sender(ANY, Mode.AUTO, role=ROLE),))
    assert decide(policy, "contain-instance", sent(), REF).mode is Mode.NOTIFY


def test_the_decision_names_the_sender() -> None:
    policy = replace(ALWAYS, senders=(Sender(ANY, Mode.APPROVE, role=ROLE),))
    made = decide(policy, "contain-instance", sent(), REF)
    assert made.code is DecisionCode.SENDER
    assert f"role ids of account {HOME}" in made.reason


def test_the_first_entry_that_covers_a_finding_decides() -> None:
    first = Sender((REF.key,), Mode.DRY_RUN, role=ROLE)
    assert mode(first, Sender(ANY, Mode.AUTO, role=ROLE)) is Mode.DRY_RUN
    elsewhere = replace(first, subjects=("instance/*/us-east-1/*",))
    assert mode(elsewhere, Sender(ANY, Mode.AUTO, role=ROLE)) is Mode.AUTO


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Sender(ANY, Mode.AUTO, role=f"arn:aws:iam::{HOME}:role/other"), "sender"),
        (Sender(ANY, Mode.AUTO, role="arn:aws:iam::444455556666:role/ids"), "sender"),
        (Sender(ANY, Mode.AUTO, account=HOME), "sender"),
        (Sender(("bucket/*/*/*",), Mode.AUTO, role=ROLE), "subjects[0]"),
        (Sender(ANY, Mode.AUTO, role=ROLE, types=("Other/*",)), "type"),
    ],
)
def test_whatever_is_not_covered_is_refused_with_its_field(entry: Sender, field: str) -> None:
    refused = refusal((entry,), sent())
    assert refused is not None
    assert refused.field == field
    assert mode(entry) is Mode.NOTIFY


def test_one_subject_that_is_not_covered_refuses_the_finding() -> None:
    other = InstanceRef(HOME, "us-east-1", REF.id)
    entry = Sender((REF.key,), Mode.AUTO, role=ROLE)
    assert refusal((entry,), sent()) is None
    refused = refusal((entry,), replace(sent(), subjects=(REF, other)))
    assert refused is not None
    assert (refused.field, refused.value) == ("subjects[1]", other.key)


def test_a_sender_can_be_limited_to_runbooks() -> None:
    entry = Sender(ANY, Mode.AUTO, role=ROLE, runbooks=("harden-instance",))
    assert refusal((entry,), sent()) is None
    assert mode(entry) is Mode.NOTIFY
    assert mode(entry, runbook="harden-instance") is Mode.AUTO


def test_the_bus_names_no_principal_and_causes_a_question_at_most() -> None:
    entry = Sender(ANY, Mode.AUTO, account=HOME)
    assert mode(entry, of=sent(HOME, "bus")) is Mode.APPROVE
    assert mode(Sender(ANY, Mode.AUTO, role=ROLE), of=sent(HOME, "bus")) is Mode.NOTIFY


def test_a_sender_of_the_api_is_no_account_of_the_bus() -> None:
    assert mode(Sender(ANY, Mode.AUTO, account=HOME), of=sent(HOME)) is Mode.NOTIFY


TEXT = """\
version: 1
scope: {accounts: [home, "444455556666"]}
senders:
  - role: arn:aws:iam::111122223333:role/path/ids
    subjects: ["instance/*/*/*"]
    types: ["C2/*"]
    runbooks: [contain-instance]
    mode: auto
  - account: home
    subjects: ["instance/*/*/*"]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_says_who_may_send(tmp_path: Path) -> None:
    policy = policy_from_json(load_policy(written(tmp_path, TEXT), CATALOGUE, HOME).compile(HOME))
    assert policy.senders == (
        Sender(ANY, Mode.AUTO, role=ROLE, types=("C2/*",), runbooks=("contain-instance",)),
        Sender(ANY, Mode.APPROVE, account=HOME),
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("  - account: home\n    subj", "  - subj", (9, "senders[1]"), "either `role`"),
        ("  - account: home", f"  - account: home\n    role: {ROLE}", (9, "senders[1]"), "either `role`"),
        ("::111122223333:", "::444455556666:", (4, "senders[0].role"), "of the home account"),
        ("path/ids", "path ids", (4, "senders[0].role"), "the ARN of an IAM role"),
        ("account: home", 'account: "999900001111"', (9, "senders[1].account"), "not in the policy's scope"),
        ("account: home", "account: home\n    mode: auto", (10, "senders[1].mode"), "more cautious"),
        ("[contain-instance]", "[contain-castle]", (7, "senders[0].runbooks[0]"), "is not a runbook"),
        (
            '["instance/*/*/*"]\n    types',
            '["castle/*"]\n    types',
            (5, "senders[0].subjects[0]"),
            "kinds are",
        ),
        (
            '    subjects: ["instance/*/*/*"]\n    types',
            "    types",
            (4, "senders[0].subjects"),
            "is required",
        ),
        ("mode: auto", "mode: always", (8, "senders[0].mode"), "one of"),
        ("    types", "    kinds", (6, "senders[0].kinds"), "not a known field"),
    ],
)
def test_each_error_has_its_line(
    tmp_path: Path, old: str, new: str, place: tuple[int, str], words: str
) -> None:
    assert old in TEXT
    with pytest.raises(InvalidPolicy) as caught:
        load_policy(written(tmp_path, TEXT.replace(old, new, 1)), CATALOGUE, HOME)
    found = {(one.line, one.field): one.problem for one in caught.value.flaws}
    assert words in found[place], found
