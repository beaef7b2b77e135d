"""Controls: the table is that of the shared map, and requirements follow from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.errors import BadInput, InternalError
from ringfence.runbooks.compliance import FRAMEWORKS, controls_of, framework, natural, requirements
from ringfence.runbooks.compliance.table import CONTROLS
from tests.support.samples.runbooks import CATALOGUE, controlled
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from ringfence.runbooks.compliance import Requirement

SHARED = {
    "SOC2": "soc2",
    "HIPAA": "hipaa",
    "PCI4": "pci",
    "ISO22": "iso27001",
    "NIST53r5": "nist-800-53",
    "CIS7": "cis",
    "CIS6": "cis6",
    "CIS5": "cis5",
}
"""The shared map's names of frameworks, and ours."""


def shared_map() -> dict[frozenset[str], dict[str, Any]]:
    """Return the shared map: what it says of controls by their checks."""
    found = json.loads(shared_file("data/control_map.json").read_text("utf-8"))
    return {frozenset(one["checks"]): one for one in found.values()}


def of(name: str) -> dict[str, Requirement]:
    """Return the requirements of a framework, supported by two remediations of our own."""
    runbooks = (controlled("fix-a", "imdsv2"), controlled("fix-b", "imdsv2", references=("SOC 2 CC7.4",)))
    return {one.number: one for one in requirements(framework(name), CONTROLS.values(), runbooks)}


def test_the_table_has_the_controls_of_the_shared_map() -> None:
    assert sorted(map(sorted, shared_map())) == sorted(sorted(one.checks) for one in CONTROLS.values())


@pytest.mark.parametrize("theirs", SHARED)
def test_the_table_says_of_a_framework_what_the_shared_map_says(theirs: str) -> None:
    shared, ours = shared_map(), framework(SHARED[theirs])
    for control in CONTROLS.values():
        assert list(control.numbers(ours)) == shared[frozenset(control.checks)][theirs]["requirements"]


def test_every_framework_of_the_table_is_known_and_every_known_one_is_in_it() -> None:
    mapped = {id_ for control in CONTROLS.values() for id_, _ in control.requirements}
    assert mapped == {one.id for one in FRAMEWORKS}


def test_ids_and_requirements_stand_once() -> None:
    assert [one.id for one in CONTROLS.values()] == list(CONTROLS)
    for control in CONTROLS.values():
        for one in FRAMEWORKS:
            assert len(set(control.numbers(one))) == len(control.numbers(one))


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("soc2", "soc2"),
        ("SOC-2", "soc2"),
        ("hipaa", "hipaa"),
        ("PCI DSS 4.0", "pci"),
        ("pci-dss", "pci"),
        ("ISO 27001:2022", "iso27001"),
        ("iso27001", "iso27001"),
        ("nist-800-53", "nist-800-53"),
        ("NIST SP 800-53 Rev. 5", "nist-800-53"),
        ("nist", "nist-800-53"),
        ("cis", "cis"),
        ("cis-5", "cis5"),
    ],
)
def test_a_framework_is_found_however_it_is_written(name: str, id_: str) -> None:
    assert framework(name).id == id_


def test_no_two_frameworks_share_a_name() -> None:
    for one in FRAMEWORKS:
        for name in (one.id, one.name, one.reference, *one.aliases):
            assert framework(name) is one


@pytest.mark.parametrize("name", ["fedramp", "", "cis 4", "soc"])
def test_an_unknown_framework_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(BadInput, match="soc2, hipaa, pci, iso27001, nist-800-53, gdpr, cis, cis6, cis5"):
        framework(name)


def test_a_requirement_is_supported_by_every_remediation_that_names_a_control_of_it() -> None:
    (way,) = of("pci")["8.2.8"].ways
    assert (way.id, [(one.runbook, one.remediation.id) for one in way.means]) == (
        "imdsv2",
        [("harden-fix-a", "fix-a"), ("harden-fix-b", "fix-b")],
    )


def test_a_requirement_shows_also_the_controls_that_nothing_is_for() -> None:
    found = of("soc2")["CC7.2"]
    assert found.supported
    assert {way.id for way in found.ways if not way.means} == {
        "s3-access-logging",
        "security-group-ingress",
        "cloudtrail-multi-region",
        "vpc-flow-logs",
    }


def test_a_requirement_of_which_no_control_is_met_is_not_supported() -> None:
    assert not of("soc2")["CC7.3"].supported


def test_a_requirement_that_a_remediation_refers_to_itself_is_supported() -> None:
    ways = {way.id: way.means for way in of("soc2")["CC7.4"].ways}
    assert [one.remediation.id for one in ways[""]] == ["fix-b"]
    assert ways["s3-versioning"] == ()


def test_without_remediations_nothing_is_supported() -> None:
    for one in FRAMEWORKS:
        assert not any(each.supported for each in requirements(one, CONTROLS.values(), CATALOGUE.values()))


def test_requirements_are_in_their_natural_order() -> None:
    numbers = ["A1.1.2", "10.3.2", "1.10.1", "1.9", "AC-2(13)", "AC-17", "AC-2"]
    assert sorted(numbers, key=natural) == ["1.9", "1.10.1", "10.3.2", "A1.1.2", "AC-2", "AC-2(13)", "AC-17"]


def test_a_control_that_is_not_in_the_table_is_a_bug() -> None:
    (one,) = controlled("fix-a", "imdsv3").remediations
    with pytest.raises(InternalError, match="imdsv3"):
        list(controls_of(one, CONTROLS))
