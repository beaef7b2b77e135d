"""`ringfence controls`: what supports which requirement, for people and as JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from click import unstyle
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.runbooks.compliance import FRAMEWORKS
from tests.support.samples.runbooks import controlled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.testing import Result

    from ringfence.model.runbook import Runbook

REQUIRE = controlled("require-imdsv2", "imdsv2", breaks="clients of IMDSv1")
CLOSE = controlled("close-default-group", "default-security-group", references=("CIS AWS 7.0 9.9",))
NARROW = {"COLUMNS": "80", "FORCE_COLOR": "1"}
"""A terminal as narrow as they come."""


TWO: Mapping[str, Runbook] = MappingProxyType({runbook.id: runbook for runbook in (REQUIRE, CLOSE)})


def ringfence(*words: str, env: dict[str, str] | None = None, of: Mapping[str, Runbook] = TWO) -> Result:
    return CliRunner(env=env).invoke(main, ["controls", *words], obj=dict(of))


def as_json(*words: str, of: Mapping[str, Runbook] = TWO) -> Any:  # noqa: ANN401 - whatever was printed
    return json.loads(ringfence(*words, "--json", of=of).stdout)


def test_each_framework_is_counted() -> None:
    told = {one["framework"]: one for one in as_json()["frameworks"]}
    assert list(told) == [one.id for one in FRAMEWORKS]
    assert all(one["not_mapped"] for one in told.values())
    assert len(told["cis"].pop("not_mapped")) == 51
    assert told["cis"] == {
        "framework": "cis",
        "name": "CIS AWS Foundations Benchmark 7.0",
        "requirements": 20,
        "supported": 3,
        "by_none": 17,
    }


def test_for_a_person_the_controls_that_nothing_is_for_are_listed() -> None:
    shown = unstyle(ringfence(env=NARROW).stdout)
    head, rest = shown.split("Controls without a remediation")
    assert "hipaa" in head
    assert "KMS keys are rotated" in rest
    assert "Instances require IMDSv2" not in rest


def test_a_requirement_names_its_controls_and_remediations() -> None:
    told = as_json("pci")
    assert (told["framework"], told["name"]) == ("pci", "PCI DSS 4.0")
    found = {one["requirement"]: one for one in told["requirements"]}
    assert found["8.2.8"] == {
        "requirement": "8.2.8",
        "supported": True,
        "ways": [
            {
                "control": "imdsv2",
                "title": "Instances require IMDSv2",
                "remediations": [
                    {
                        "id": "require-imdsv2",
                        "runbook": "harden-require-imdsv2",
                        "by_default": "dry run",
                        "mode": None,
                        "evidence": None,
                    }
                ],
            }
        ],
    }
    assert not found["10.3.4"]["supported"]


def test_what_a_remediation_refers_to_itself_has_no_control() -> None:
    found = {one["requirement"]: one for one in as_json("cis")["requirements"]}
    assert [(way["control"], way["title"]) for way in found["9.9"]["ways"]] == [(None, "close-default-group")]


@pytest.mark.parametrize("catalogue", [TWO, CATALOGUE], ids=["two", "all"])
@pytest.mark.parametrize("name", [one.id for one in FRAMEWORKS])
def test_on_a_narrow_terminal_no_id_is_broken(name: str, catalogue: Mapping[str, Runbook]) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m", "", ringfence(name, env=NARROW, of=catalogue).stdout)
    assert max(map(len, shown.splitlines())) <= 80
    words = set(shown.split())
    for requirement in as_json(name, of=catalogue)["requirements"]:
        assert requirement["requirement"] in words
        for one in (one for way in requirement["ways"] for one in way["remediations"]):
            assert {one["id"], one["runbook"]} <= words


def test_into_a_pipe_goes_plain_text() -> None:
    assert "\x1b" in ringfence("cis", env=NARROW).stdout
    assert "\x1b" not in ringfence("cis").stdout


def test_for_a_person_what_is_supported_comes_before_what_is_not() -> None:
    shown = " ".join(unstyle(ringfence("cis", env=NARROW).stdout).split())
    supported, rest = shown.split("Requirements without a remediation")
    assert "3 of 71 requirements are supported by remediations" in supported
    assert supported.index("6.5") < supported.index("close-default-group") < supported.index("6.7")
    assert "dry run" in supported
    assert "EBS encrypts by default" in rest


@pytest.mark.parametrize("words", [(), ("soc2",)])
def test_it_does_not_claim_compliance(words: tuple[str, ...]) -> None:
    assert "supports a requirement. Only an assessor can say" in ringfence(*words).output


def test_an_unknown_framework_is_an_error_that_names_those_that_are_known() -> None:
    result = ringfence("fedramp")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "soc2, hipaa, pci, iso27001, nist-800-53, gdpr, cis, cis6, cis5" in result.stderr


def test_the_catalogue_of_ringfence_itself_is_told_unless_another_is_given() -> None:
    told = json.loads(CliRunner().invoke(main, ["controls", "nist", "--json"]).stdout)
    found = {one["requirement"]: one["supported"] for one in told["requirements"]}
    assert found["IR-4"]


def test_what_cannot_be_written_is_told_in_one_line() -> None:
    command = [sys.executable, "-m", "ringfence.cli.main", "controls"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    assert ended.returncode == 1
    assert ended.stderr == "Error: the output cannot be written: No space left on device\n"
