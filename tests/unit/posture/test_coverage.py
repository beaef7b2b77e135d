"""What a scan says about the requirements of a framework."""

from __future__ import annotations

from collections import Counter

import pytest

from ringfence.model.frozen import replace
from ringfence.posture.coverage import coverage
from ringfence.posture.rule import Rule, Status
from ringfence.posture.score import Counts
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.compliance import FRAMEWORKS, Framework, framework, requirements
from ringfence.runbooks.compliance.table import CONTROLS
from ringfence.runbooks.compliance.whole import WHOLE, is_requirement

RULES = (
    Rule("versions", "V", ("AWS::S3::Bucket",), controls=("s3-versioning",)),
    Rule("encryption", "E", ("AWS::S3::Bucket",), controls=("s3-default-encryption",)),
)


def statuses(counts: dict[str, Counts]) -> dict[str, Status | None]:
    found = coverage(framework("soc2"), CONTROLS, RULES, counts)
    return {one.number: one.status for one in found.requirements}


def test_the_worst_result_of_its_rules_is_that_of_a_requirement() -> None:
    found = statuses({"versions": Counts(passed=3), "encryption": Counts(passed=2, failed=1)})
    assert (found["PI1.5"], found["PI1.4"]) == (Status.PASSED, Status.FAILED)
    found = statuses({"versions": Counts(passed=3, not_assessed=1)})
    assert (found["PI1.5"], found["PI1.4"]) == (Status.NOT_ASSESSED, None)


def test_requirements_that_no_rule_is_mapped_to_are_listed_too() -> None:
    found = coverage(framework("soc2"), CONTROLS, RULES, {})
    assert found.is_whole
    assert [one.number for one in found.requirements] == list(WHOLE["soc2"])
    assert found.count(None) == len(found.requirements)


def test_of_a_framework_without_a_whole_list_only_what_is_mapped_is_listed() -> None:
    rule = replace(RULES[0], supports=(("own", ("1.10", "1.9")),))
    found = coverage(Framework("own", "Our own", "OWN"), CONTROLS, (rule,), {"versions": Counts(passed=1)})
    assert not found.is_whole
    assert [one.number for one in found.requirements] == ["1.9", "1.10"]
    assert found.count(Status.PASSED) == 2


@pytest.mark.parametrize(
    ("id_", "count"),
    [
        *(("soc2", 61), ("hipaa", 72), ("iso27001", 93), ("pci", 280), ("nist-800-53", 300)),
        *(("cis", 70), ("cis6", 63), ("cis5", 63)),
    ],
)
def test_a_whole_list_contains_every_number_that_is_mapped(id_: str, count: int) -> None:
    of = next(one for one in FRAMEWORKS if one.id == id_)
    assert len(set(WHOLE[id_])) == len(WHOLE[id_]) == count
    mapped = {one.number for one in requirements(of, CONTROLS.values(), CATALOGUE.values())}
    assert all(is_requirement(id_, one) for one in mapped)


NIST_FAMILIES = {
    "AC": 23,
    "AT": 5,
    "AU": 15,
    "CA": 8,
    "CM": 14,
    "CP": 12,
    "IA": 13,
    "IR": 9,
    "MA": 7,
    "MP": 8,
    "PE": 22,
    "PL": 8,
    "PM": 32,
    "PS": 9,
    "PT": 8,
    "RA": 9,
    "SA": 17,
    "SC": 47,
    "SI": 22,
    "SR": 12,
}
"""The controls of each family that were not withdrawn, as published, with those that came later."""


def test_each_family_of_nist_has_the_controls_that_were_published() -> None:
    assert Counter(one.partition("-")[0] for one in WHOLE["nist-800-53"]) == NIST_FAMILIES


def test_an_enhancement_of_a_control_that_a_rule_names_is_listed_beside_the_control() -> None:
    rule = replace(RULES[0], supports=(("nist-800-53", ("AC-2(3)",)),))
    found = coverage(framework("nist"), CONTROLS, (rule,), {rule.name: Counts(passed=1)})
    numbers = [one.number for one in found.requirements]
    assert len(numbers) == len(WHOLE["nist-800-53"]) + 1
    assert "AC-2(3)" in numbers[numbers.index("AC-2") : numbers.index("AC-3")]
