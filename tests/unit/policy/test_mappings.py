"""The policy's mappings decide which runbook answers findings of other products; a shipped table follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import BadInput
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.file import load_policy
from ringfence.policy.mappings import NOTIFY, OFF, SHIPPED, Mapped, route
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

CROWDSTRIKE = ("arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon", "crowdstrike-falcon")
HOME = "111122223333"
START = "version: 1\nscope:\n  accounts: [home]\nmappings:\n"


def test_the_first_entry_that_matches_decides() -> None:
    entries = (
        Mapped("arn:*/crowdstrike/*", OFF, "TTPs/Discovery*"),
        Mapped("crowdstrike-*", "contain-instance", severity=4.0),
    )
    assert route(entries, CROWDSTRIKE, "TTPs/Command and Control/X", 4.0).runbook == "contain-instance"
    assert route(entries, CROWDSTRIKE, "TTPs/Discovery/X", 9.0).reason == (
        "the policy's `mappings` set arn:*/crowdstrike/* to off"
    )
    low = route(entries, CROWDSTRIKE, "TTPs/Command and Control/X", 1.0)
    assert "severity 1 is below 4" in low.reason


@pytest.mark.parametrize(
    ("name", "severity", "runbook"),
    [
        ("inspector", 9.0, "report-findings"),
        ("inspector", 8.9, ""),
        ("access-analyzer", 0.0, "report-findings"),
        ("health", 10.0, ""),
        ("ids-of-our-own", 0.0, "report-findings"),
    ],
)
def test_the_shipped_table_follows(name: str, severity: float, runbook: str) -> None:
    found = route((), (f"arn:aws:securityhub:eu-west-1::product/aws/{name}", name), "T", severity)
    sent = route((), (name,), "T", severity)
    assert (sent if name.startswith("ids") else found).runbook == runbook
    assert bool(found.reason) is not bool(found.runbook)


def test_each_shipped_entry_leads_somewhere_or_says_why_not() -> None:
    for one in SHIPPED:
        assert one.to == NOTIFY or (one.to == OFF and one.reason)
    assert (SHIPPED[-1].product, SHIPPED[-1].finding, SHIPPED[-1].severity) == ("*", "*", 0.0)


def test_a_policy_file_has_mappings(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        START + "  - {product: inspector, severity: high, runbook: notify}\n"
        "  - {product: 'arn:*/crowdstrike/*', finding: 'TTPs/*', runbook: contain-instance}\n"
        "  - {product: 'arn:*/acme/*', runbook: contain-instance, mode: auto}\n"
    )
    policy = policy_from_json(load_policy(path, CATALOGUE).compile(HOME))
    assert policy.mappings == (
        Mapped("inspector", NOTIFY, severity=7.0),
        Mapped("arn:*/crowdstrike/*", "contain-instance", "TTPs/*"),
        Mapped("arn:*/acme/*", "contain-instance", mode=Mode.AUTO),
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{product: x, runbook: contain-instanc}", r":5:\d+: .*mappings\[0\].runbook.*is not a runbook"),
        (
            "{product: x, runbook: harden-bucket}",
            r"must not be harden-bucket: its remediations answer single types",
        ),
        ("{product: x}", r":5:\d+: .*runbook"),
        ("{runbook: notify}", r":5:\d+: .*product"),
        ("{product: x, runbook: notify, severity: 11}", "severity"),
        ("{product: x, runbook: notify}\n  - {product: x, runbook: off}", r":6:\d+: .*is never reached"),
        ("{product: x, runbook: notify, mode: auto}", r"mode.*has no effect: notify changes nothing"),
        ("{product: x, runbook: contain-instance, mode: yes-please}", "mode"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, entry: str, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"{START}  - {entry}\n")
    with pytest.raises(BadInput, match=rf"(?s){said}"):
        load_policy(path, CATALOGUE)
