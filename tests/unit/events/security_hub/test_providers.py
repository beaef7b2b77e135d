"""Customers can change the severity and types of a finding, and not what its provider wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.local.samples.security_hub import asff, imported
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

Json = dict[str, Any]
FALCON = "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon"
TYPES = ["TTPs/Command and Control/Backdoor:EC2-C&CActivity.B"]
PROVIDED: Json = {"Severity": {"Label": "HIGH"}, "Types": TYPES}


def told(**changed: object) -> Finding:
    (part,) = incoming(imported(asff(**{"FindingProviderFields": PROVIDED, **changed})))
    found = findings(part.checked())
    assert not isinstance(found, NotForUs)
    return found[0]


def test_the_exact_severity_counts_if_it_fits_the_providers_label() -> None:
    assert told().severity == 8.0
    assert told(Severity={"Normalized": 85}).severity == 8.5


@pytest.mark.parametrize("product", [1.0, 6.9, 9.0, 10.0, -1.0, 99.0])
def test_a_severity_that_somebody_changed_is_the_lowest_of_the_providers_label(product: float) -> None:
    assert told(Severity={"Product": product, "Label": "LOW"}).severity == 7.0


def test_without_what_the_provider_wrote_the_finding_counts() -> None:
    assert told(FindingProviderFields={}, Severity={"Product": 2.0}).severity == 2.0


def test_types_are_the_providers() -> None:
    assert told(Types=["TTPs/Command and Control/CryptoCurrency:EC2-BitcoinTool.B"]).type == (
        "Backdoor:EC2/C&CActivity.B"
    )


def test_so_for_findings_of_other_products() -> None:
    found = told(ProductArn=FALCON, Severity={"Label": "LOW"}, Types=["other"])
    assert (found.severity, found.type) == (7.0, TYPES[0])


def test_an_unknown_label_is_bad_input_that_names_the_field() -> None:
    field = r"FindingProviderFields.Severity.Label: must be one of INFORMATIONAL"
    with pytest.raises(BadInput, match=field):
        told(FindingProviderFields={"Severity": {"Label": "WORST"}})
