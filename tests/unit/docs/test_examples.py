"""The examples in the documentation work: policies compile, commands exist, code runs, links are valid."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.events.sent.rereading import REREADINGS
from ringfence.model.incident import Incident
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.remediation import Remediation
from ringfence.model.resource_names import ACTIVITY, function_role
from ringfence.observations.ec2 import flow_log_destination, management
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.volumes import Volume, Volumes
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import Mode
from ringfence.policy.file import load_policy
from ringfence.posture.known import load_files
from ringfence.remediations import keep_volumes, tag_instance
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"))
)
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
KEPT, DELETED = Volume("vol-0", "/dev/sda1", True, False), Volume("vol-1", "/dev/sdf", False, True)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
HERE_DOCUMENT = re.compile(r"<<'JSON'\n(.*?)^JSON$", re.MULTILINE | re.DOTALL)
SCOPE = "version: 1\nscope:\n  accounts: [home]\n"


def blocks(language: str, *pages: Path) -> list[str]:
    """Return the fenced code blocks in a language, of some pages or of all."""
    texts = (page.read_text("utf-8") for page in pages or PAGES)
    return [code for text in texts for name, code in BLOCK.findall(text) if name == language]


def command_lines(start: str) -> list[str]:
    """Return the lines of code blocks that begin with this word."""
    lines = (line for block in (*blocks(""), *blocks("console")) for line in block.splitlines())
    return [line for line in lines if line.startswith(f"{start} ")]


def named(block: str) -> str:
    return block.splitlines()[0]


@pytest.mark.parametrize("example", blocks("yaml"), ids=named)
def test_an_example_of_a_policy_or_a_rule_is_valid(tmp_path: Path, example: str) -> None:
    if example.startswith(("compliance_rules", "manual_controls")):
        path = tmp_path / "rules.yaml"
        path.write_text(example, "utf-8")
        found = load_files([path])
        assert found.rules or found.manual
        return
    path = tmp_path / "policy.yaml"
    path.write_text(example if example.startswith("version") else SCOPE + example, "utf-8")
    assert load_policy(path, CATALOGUE).compile("111122223333")["version"] == 1


def test_calls_that_nobody_checks_cause_at_most_approve_in_the_examples(tmp_path: Path) -> None:
    """The table of claims says that they are not checked, and each example follows from it."""
    assert "`Ringfence-Activity`" in REREADINGS[0].read
    examples = [one for one in blocks("yaml") if function_role(ACTIVITY) in one]
    assert examples
    for example in examples:
        path = tmp_path / "policy.yaml"
        path.write_text(SCOPE + example, "utf-8")
        senders = policy_from_json(load_policy(path, CATALOGUE).compile("111122223333")).senders
        assert all(one.mode.freedom <= Mode.APPROVE.freedom for one in senders)


@pytest.mark.parametrize("example", blocks("console"), ids=named)
def test_an_example_of_a_command_shows_its_output(monkeypatch: pytest.MonkeyPatch, example: str) -> None:
    monkeypatch.chdir(ROOT)
    command, _, shown = example.partition("\n")
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "ringfence"
    assert CliRunner().invoke(main, arguments).output == shown


@pytest.mark.parametrize("line", command_lines("ringfence"))
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    words = takewhile(lambda word: word != "…", re.split(r"\s+", line.partition("   ")[0])[1:])
    command: click.Command = main
    context = click.Context(main)
    for word in words:
        option = word.strip("[]")
        if option.startswith("--"):
            assert option in {name for one in command.params for name in one.opts}, command.name
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            assert found, word
            command = found


def test_every_command_is_in_the_list_of_commands() -> None:
    listed = (ROOT / "docs" / "operate.md").read_text("utf-8")
    names = list(names_of(main, "ringfence"))
    assert len(names) > len(main.list_commands(click.Context(main)))
    assert [one for one in names if not re.search(rf"^{one}\b", listed, re.MULTILINE)] == []


def names_of(command: click.Command, name: str) -> Iterator[str]:
    """Yield the name of each command that can be run."""
    if not isinstance(command, click.Group):
        yield name
        return
    context = click.Context(command)
    for one in command.list_commands(context):
        if child := command.get_command(context, one):
            yield from names_of(child, f"{name} {one}")


@pytest.mark.parametrize("line", command_lines("make"))
def test_a_make_target_that_is_shown_exists(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), target


@pytest.mark.parametrize("page", ["flow-logs.md", "session-manager.md"])
def test_a_policy_document_that_is_shown_is_json(page: str) -> None:
    documents = HERE_DOCUMENT.findall((ROOT / "docs" / page).read_text("utf-8"))
    assert documents
    for document in documents:
        assert json.loads(document)["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("flow-logs.md", f"aws iam create-role --role-name {flow_log_destination.ROLE} "),
        ("session-manager.md", f"--instance-profile-name {management.NAME} "),
    ],
)
def test_a_page_creates_what_the_remediation_looks_for(page: str, command: str) -> None:
    assert command in (ROOT / "docs" / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_inside_the_repository_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("page", "namespace", "real", "observed"),
    [
        (README, vars(keep_volumes), keep_volumes.keep_volumes, Volumes((KEPT, DELETED))),
        (CONTRIBUTING, {"__name__": "example"}, tag_instance.tag_instance, Tags(None)),
    ],
    ids=["README", "CONTRIBUTING"],
)
def test_an_example_of_a_remediation_is_the_one_of_the_catalogue(
    page: Path, namespace: dict[str, Any], real: Remediation, observed: Observation
) -> None:
    (example,) = blocks("python", page)
    module = dict(namespace)
    exec(example, module)  # noqa: S102 - our own text
    shown = module[real.id.replace("-", "_")]
    assert isinstance(shown, Remediation)
    assert replace(shown, planner=real.planner) == real
    instance = ResourceState(InstanceRef("111122223333", "eu-west-1", "i-0a1b2c3d4e5f60718"))
    state, incident = instance.with_observation(observed), Incident("inc-1", datetime(2026, 3, 1, tzinfo=UTC))
    assert shown.plan(state, incident) == real.plan(state, incident) != ()
