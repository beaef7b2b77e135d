"""The section `outputs` of the policy file: errors with their lines, and what is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.outputs import options
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.file import InvalidPolicy, load_policy
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.policy.file import PolicyFile

HOME = "111122223333"


def load(folder: Path, *lines: str) -> PolicyFile:
    path = folder / "policy.yaml"
    path.write_text("\n".join(("version: 1", "scope: {accounts: [home]}", *lines)), encoding="utf-8")
    return load_policy(path, CATALOGUE, outputs=options())


def test_without_the_section_every_output_is_off(tmp_path: Path) -> None:
    assert policy_from_json(load(tmp_path).compile(HOME)).outputs == ()


def test_what_is_on_is_compiled_with_the_options_that_the_file_chooses(tmp_path: Path) -> None:
    lines = ("outputs:", "  security-hub: {exempt: suppress}", "  ocsf-events: {}")
    compiled = load(tmp_path, *lines).compile(HOME)
    assert policy_from_json(compiled).outputs == (
        ("ocsf-events", ()),
        ("security-hub", (("exempt", "suppress"),)),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  secrity-hub: {}", "is not an output (did you mean security-hub?); the outputs are "),
        ("  security-hub: {exmpt: suppress}", "is not an option of security-hub (did you mean exempt?)"),
        ("  security-hub: {exempt: hide}", "must be one of leave, suppress"),
        ("  ocsf-files: {days: 90}", "must be the value of an option; put numbers in quotes"),
        ('  ocsf-files: {days: "-1"}', "must be 365, or a value that matches"),
        ("  ocsf-events:", "must be a mapping of options to their values, or {} for the defaults"),
    ],
)
def test_an_error_has_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InvalidPolicy) as found:
        load(tmp_path, "outputs:", line)
    assert said in str(found.value)
    assert {one.line for one in found.value.flaws} == {4}
