"""Compiled rules are the same rules as in the files."""

from __future__ import annotations

import json

import pytest

from ringfence.model.errors import BadInput
from ringfence.policy.decision import Mode
from ringfence.posture.compiled import rules_from_json, rules_to_json
from ringfence.posture.conditions import Compares, Constant, Contains, Is, Not, OneOf
from ringfence.posture.expression import Expression
from ringfence.posture.known import load_files
from ringfence.posture.library import LIBRARY
from ringfence.posture.rule import Rule, Scope, ScopedMode

SCOPE = Scope(("111122223333",), ("eu-west-1",), ("ou-a1b2-c3d4e5f6",), (("env", ("prod*", "live")),))
EVERYTHING = Rule(
    "all",
    "all",
    ("AWS::S3::Bucket", "AWS::KMS::Key"),
    (
        ("AWS::S3::Bucket", Contains((("A", Not(Compares(1))), ("B", OneOf((Is("x"), Is(None), Is(True))))))),
        ("AWS::KMS::Key", Contains((("C", Constant(holds=False)), ("D", Is(1.5))))),
    ),
    Expression("has(properties.A)", "A is not set"),
    SCOPE,
    "critical",
    ("c",),
    "version-bucket",
    (ScopedMode(SCOPE, Mode.DRY_RUN), ScopedMode(Scope(), Mode.AUTO)),
    "because",
    ("https://docs.aws.amazon.com/",),
    (("soc2", ("CC6.1", "CC6.7")),),
    "s3-bucket-versioning-enabled",
)


def test_every_shipped_rule_and_one_with_everything_is_read_back() -> None:
    rules = (EVERYTHING, *(one.rule for one in load_files((LIBRARY,)).rules))
    assert rules_from_json(json.loads(json.dumps(rules_to_json(rules)))) == rules


@pytest.mark.parametrize(
    ("change", "named"),
    [({"version": 2}, "version"), ({"rules": [{}]}, "name"), ({"rules": "x"}, "rules")],
)
def test_another_document_is_refused_with_its_field(change: dict[str, object], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        rules_from_json({**rules_to_json(()), **change})


@pytest.mark.parametrize("condition", [{"near": 1}, {}, {"contains": [["A"]]}, {"is": []}, {"one_of": 1}])
def test_a_condition_of_another_kind_is_refused(condition: object) -> None:
    given = rules_to_json((EVERYTHING,))
    rule = json.loads(json.dumps(given))["rules"][0] | {"requirements": [["AWS::S3::Bucket", condition]]}
    with pytest.raises(BadInput):
        rules_from_json({**given, "rules": [rule]})
