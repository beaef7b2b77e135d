"""An exemption that can never match anything protects nothing, so it is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.kinds import every_kind
from ringfence.policy.check import flaws_of
from ringfence.policy.globs import can_match
from ringfence.policy.yaml_source import read_yaml
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

ACCOUNT = "111122223333"


def flaws(subject: str, **more: object) -> list[str]:
    fields = "".join(f", {name}: {value}" for name, value in more.items())
    exempt = f"exempt: [{{subject: '{subject}', reason: r{fields}}}]"
    text = f"version: 1\nscope: {{accounts: ['{ACCOUNT}']}}\n{exempt}\n"
    return [f"{one.field}: {one.problem}" for one in flaws_of(read_yaml(text), CATALOGUE, ACCOUNT)]


@pytest.mark.parametrize(
    "subject",
    [
        "iam-user/*/*/break-glass",
        "iam-role/*/*/break-glass",
        "iam-role/*/*/ops/*",
        f"iam-user/{ACCOUNT}/us-east-1/*-emergency-*",
        "access-key/*/*/AKIA*",
        "role-session/*/*/AROA*:alice*",
        "instance/*/*/i-0abc*",
        "instance/*/eu-west-1/*",
        "bucket/*/*/*a*b*c*",
        "*/break-glass",
        "*",
    ],
)
def test_what_can_match_is_accepted(subject: str) -> None:
    assert flaws(subject) == []


@pytest.mark.parametrize(
    "subject",
    [
        "iam-user/*/*/ops/break-glass",
        "iam-user/*/eu-west-1/break-glass",
        "iam-user/999900001111/*/break-glass",
        "instance/*/*/web-*",
        "access-key/*/*/ASIA*",
        "role-session/*/*/break-glass",
    ],
)
def test_what_can_never_match_is_an_error(subject: str) -> None:
    (flaw,) = flaws(subject)
    assert flaw.startswith("exempt[0].subject: can never match")


@pytest.mark.parametrize(
    ("subject", "more"),
    [
        ("iam-role/*/*/break-glass", {"runbook": "contain-instance"}),
        ("access-key/*/*/AKIA*", {"runbook": "harden-bucket"}),
        ("role-session/*/*/AROA*", {"remediations": "[deactivate-access-key]", "runbook": "contain-cred*"}),
        ("root/*", {"remediations": "[isolate-instance]"}),
    ],
)
def test_what_the_named_runbook_or_remediation_never_acts_on_is_an_error(
    subject: str, more: dict[str, object]
) -> None:
    (flaw,) = flaws(subject, **more)
    assert flaw.startswith("exempt[0].subject: is not a kind of these runbooks")


@pytest.mark.parametrize("kind", every_kind().values(), ids=lambda one: one.kind)
def test_every_kind_can_be_matched_by_its_example_and_by_parts_of_it(kind: type[Ref]) -> None:
    half = len(kind.example) // 2
    for glob in (kind.example, f"{kind.example[:half]}*", f"*{kind.example[half:]}", "*"):
        assert can_match(f"{kind.kind}/*/*/{glob}", kind, (ACCOUNT,))
