"""What puts compliance right says for which controls; requirements follow from them and are said once."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.compliance import FRAMEWORKS, controls_of, named
from ringfence.runbooks.compliance.table import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPLIANCE = ("harden-", "restore-")
"""How the ids of such runbooks begin."""
OF_NONE: Mapping[str, str] = MappingProxyType(
    {
        "evaluate-rule": "it has AWS Config look again at what others put right",
        "record-logging-baseline": "it notes how logging is set up, for those that restore it",
        "restore-recorder": "no control of the table is about AWS Config's recorder",
        "restore-detector": "no control of the table is about GuardDuty",
        "enable-event-rule": "it switches Ringfence's own rules on; no control of the table is about them",
        "enable-event-source-mapping": "it is about Ringfence's own mappings, as no control of the table is",
        "restore-concurrency": "it is about Ringfence's own functions, as no control of the table is",
        "keep-log-key": "the table's control of keys is their rotation, not their being there",
        "report-unused-password": "the table's control is of access keys; it tells of passwords",
        "report-foreign-access": "it reports other accounts; the table's controls are about the public",
        "report-log-bucket": "it reports calls that delete logs; the table's controls are about settings",
        "report-log-group": "it reports calls that delete logs; the table's controls are about settings",
        "prepare-quarantine-group": "it prepares a containment; no control of the table is about that",
    }
)
"""Their remediations that are for none of the controls, and why."""
REMEDIATIONS = {one.id: one for runbook in CATALOGUE.values() for one in runbook.remediations}
OF_COMPLIANCE = sorted(
    {id_ for runbook in CATALOGUE.values() if runbook.id.startswith(COMPLIANCE) for id_ in runbook.ids}
)
STANDARDS = ("NIST 800-53", "NIST SP", "CIS", "PCI", "HIPAA", "ISO", "SOC")
"""How references to what a framework requires begin, however it is called."""


@pytest.mark.parametrize("id_", REMEDIATIONS)
def test_every_control_that_is_named_is_in_the_table_and_named_once(id_: str) -> None:
    one = REMEDIATIONS[id_]
    assert len(list(controls_of(one, CONTROLS))) == len(set(one.controls))


def test_what_puts_compliance_right_names_a_control_or_it_is_said_why_not() -> None:
    assert {id_ for id_ in OF_COMPLIANCE if not REMEDIATIONS[id_].controls} == set(OF_NONE)


@pytest.mark.parametrize("id_", REMEDIATIONS)
def test_a_reference_does_not_repeat_what_follows_from_a_control(id_: str) -> None:
    one = REMEDIATIONS[id_]
    for framework in FRAMEWORKS:
        mapped = {number for control in controls_of(one, CONTROLS) for number in control.numbers(framework)}
        assert mapped.isdisjoint(named(framework, one))


@pytest.mark.parametrize("id_", REMEDIATIONS)
def test_a_reference_to_a_framework_names_it_as_all_do(id_: str) -> None:
    one = REMEDIATIONS[id_]
    known = {f"{each.reference} {number}" for each in FRAMEWORKS for number in named(each, one)}
    assert {text for text in one.references if text.startswith(STANDARDS)} <= known
