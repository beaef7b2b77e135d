"""`ringfence explain` takes what people have, names the place of what is wrong, and sums many events up."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.explain import explain
from ringfence.cli.main import main
from ringfence.events.forms import event_in
from ringfence.events.sent.form import FINDING
from ringfence.local.samples.guardduty import changed, instance_finding, without
from ringfence.local.samples.relayed import relayed
from ringfence.model.document import Document
from ringfence.model.resource_names import FINDINGS, PREFIX
from tests.support.samples.answers import as_answer
from tests.support.samples.runbooks import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

Json = dict[str, Any]
EVENT = instance_finding()
DETAIL = EVENT["detail"]
ANSWER = json.loads(json.dumps(as_answer(DETAIL), default=str))
LINES = "\n".join(json.dumps(one) for one in (EVENT, DETAIL, ANSWER))
POLICY = "{version: 1, scope: {accounts: [home]}, rules: [{severity: high, mode: auto}]}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(explain, words, input=stdin, obj=CATALOGUE)


def places(*words: str, stdin: bytes = b"") -> dict[str, tuple[str, str]]:
    """Return the status and the mode or field of each event, by its place."""
    lines = map(json.loads, run(*words, "--json", stdin=stdin).stdout.splitlines())
    return {one["place"]: (one["status"], one["mode"] or one["error"]["field"]) for one in lines}


@pytest.mark.parametrize(
    ("name", "document", "expected"),
    [
        ("event", json.dumps(EVENT), ["f"]),
        ("indented", json.dumps(EVENT, indent=2), ["f"]),
        ("detail", json.dumps(DETAIL), ["f"]),
        ("get-findings", json.dumps({"Findings": [ANSWER, ANSWER]}), ["f, item 1", "f, item 2"]),
        ("list", json.dumps([EVENT, DETAIL, ANSWER]), ["f, item 1", "f, item 2", "f, item 3"]),
        ("lines", LINES, ["f, line 1", "f, line 2", "f, line 3"]),
        ("nested", json.dumps([{"Findings": [ANSWER]}]), ["f, item 1 Findings[0]"]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
@pytest.mark.usefixtures("folder")
def test_every_form_is_explained(folder: Path, name: str, document: str, expected: list[str]) -> None:
    del name
    (folder / "f").write_text(document)
    (folder / "g.json.gz").write_bytes(gzip.compress(document.encode()))
    assert places("f") == dict.fromkeys(expected, ("handled", "auto"))
    assert len(places("g.json.gz")) == len(expected)
    assert len(places("-", stdin=document.encode())) == len(expected)


def test_a_folder_is_read_with_all_its_files(folder: Path) -> None:
    events = folder / "events"
    (events / "more").mkdir(parents=True)
    for name in ("a.json", "more/b.jsonl"):
        (events / name).write_text(json.dumps(EVENT))
    assert places("events") == dict.fromkeys(("events/a.json", "events/more/b.jsonl"), ("handled", "auto"))


def test_a_folder_without_events_is_bad_input(folder: Path) -> None:
    (folder / "empty").mkdir()
    result = CliRunner().invoke(main, ["explain", "empty"], obj=CATALOGUE)
    assert result.exit_code == 2
    assert "must contain files that end in .json" in result.stderr


@pytest.mark.parametrize(
    ("document", "place", "field"),
    [
        (json.dumps([EVENT, without(EVENT, "detail.id")]), "f, item 2", "detail.id"),
        (f"{json.dumps(EVENT)}\n{json.dumps(without(EVENT, 'detail.id'))}\n", "f, line 2", "detail.id"),
        (f"{json.dumps(EVENT)}\n{{\n", "f, line 2", "(document)"),
        (json.dumps([{"Findings": [ANSWER, {"Id": 7}]}]), "f, item 1 Findings[1]", "(document)"),
        (json.dumps({"Findings": [ANSWER, {**ANSWER, "Type": 7}]}), "f, item 2", "Type"),
    ],
)
def test_an_error_names_the_file_the_line_or_entry_and_the_field(
    folder: Path, document: str, place: str, field: str
) -> None:
    (folder / "f").write_text(document)
    found = places("f")
    assert found.pop(place) == ("invalid", field)
    assert set(found.values()) == {("handled", "auto")}
    assert run("f").exit_code == 2


def many(count: int) -> str:
    low = changed(EVENT, "detail.severity", 2)
    other = changed(EVENT, "source", "aws.health")
    return "\n".join(json.dumps(one) for one in [*[EVENT] * count, low, other, without(EVENT, "detail.id")])


@pytest.mark.usefixtures("folder")
def test_many_events_are_summed_up_by_decision() -> None:
    result = run("-", stdin=many(1200).encode())
    assert result.exit_code == 2
    table = result.stdout.splitlines()
    assert table[0] == "1,203 events: 1,201 handled, 1 not-applicable, 1 invalid"
    assert table[1] == "modes: 1,200 auto, 1 dry-run"
    assert table[3].split() == ["events", "mode", "runbook", "finding"]
    assert table[4].split() == ["1,200", "auto", "contain-instance", "Backdoor:EC2/C&CActivity.B"]
    assert table[5].split() == ["1", "dry-run", "contain-instance", "Backdoor:EC2/C&CActivity.B"]
    assert table[6].split()[:3] == ["1", "not-applicable", "-"]
    assert any(line.startswith("-, line 1203: detail.id: is required") for line in table)
    assert table[-1] == "To see each of them: --full"


def test_without_a_policy_file_the_table_says_that_none_was_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "there is no policy.yaml in this folder. The built-in policy without rules applies"
    events = many(10).encode()
    assert "policy: " not in run("-", stdin=events).stdout
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert run("-", stdin=events).stdout.splitlines()[2] == f"policy: no policy was read: {note}"
    assert note in run("-", stdin=json.dumps(EVENT).encode()).stdout


@pytest.mark.usefixtures("folder")
def test_each_of_many_events_is_shown_if_that_is_wanted_and_each_of_a_few_always() -> None:
    assert run("-", "--full", stdin=many(10).encode()).stdout.count("-, line ") == 13
    assert run("-", stdin=many(2).encode()).stdout.count("-, line ") == 5


@pytest.mark.usefixtures("folder")
def test_hostile_text_stays_on_its_line_in_the_table() -> None:
    event = changed(EVENT, "source", "\x1b]0;owned\x07\r\n\u202e")
    result = run("-", stdin="\n".join([json.dumps(event)] * 9).encode())
    assert "owned" in result.stdout
    assert result.stdout.replace("\n", "").replace("\t", "").isprintable()


OWN = FINDING.example(whole=False)
SENDERS = (
    "senders: [{role: 'arn:aws:iam::111122223333:role/ids', subjects: ['instance/*'], types: ['C2/*'], "
    "mode: approve}, {account: home, subjects: ['*/*/*/*'], mode: dry-run}]"
)
SCOPE = "version: 1, scope: {accounts: [home]}"
MAPPED = f"{{{SCOPE}, {SENDERS}, mappings: [{{product: '*', runbook: notify}}]}}"


def of_own(folder: Path, finding: Json, *words: str, policy: str = MAPPED) -> Json:
    """Explain a finding of one's own system."""
    (folder / "policy.yaml").write_text(policy)
    (folder / "own.json").write_text(json.dumps(finding))
    told = CliRunner().invoke(main, ["explain", str(folder / "own.json"), "--json", *words]).stdout
    found: Json = json.loads(told)
    return found


def test_a_finding_of_ones_own_system_is_explained_as_the_first_sender_that_may_send_it(folder: Path) -> None:
    told = of_own(folder, OWN)
    assert (told["status"], told["mode"]) == ("handled", "notify")
    assert told["finding"]["id"] == f"role-ids-of-account-111122223333/office-ids/{OWN['id']}"
    assert told["reason"].endswith("that may send it; --sender names another")
    other = of_own(folder, {**OWN, "type": "Other/Thing"})
    assert other["finding"]["id"].startswith("account-111122223333/")


def test_the_sender_can_be_named_and_is_refused_as_the_api_would(folder: Path) -> None:
    told = of_own(folder, OWN, "--sender", "arn:aws:iam::111122223333:role/other")
    assert told["status"] == "not-applicable"
    assert told["reason"].startswith("refused: sender: arn:aws:iam::111122223333:role/other is not among")
    assert of_own(folder, OWN, "--sender", "111122223333")["status"] == "handled"


def test_without_senders_nobody_may_send_it(folder: Path) -> None:
    told = of_own(folder, OWN, policy=POLICY)
    assert told["reason"] == "refused: the policy has no `senders`, so nobody may send findings"
    assert told["finding"]["id"].startswith("account-111122223333/")


def test_what_is_wrong_with_a_finding_of_ones_own_system_is_named(folder: Path) -> None:
    told = of_own(folder, {**OWN, "severity": "high"})
    assert (told["status"], told["error"]["field"]) == ("invalid", "severity")


def test_an_ocsf_finding_of_another_product_than_security_hub_is_ones_own(folder: Path) -> None:
    (finding,) = (one.event for one in relayed("own-system", datetime.now(UTC)) if "ocsf" in one.name)
    assert of_own(folder, finding)["status"] == "handled"
    event = {"source": "ids", "detail-type": "Ringfence Finding", "detail": finding}
    assert of_own(folder, event)["status"] == "handled"


def test_a_finding_of_ones_own_system_goes_to_the_bus_of_the_deployment() -> None:
    entry = event_in(Document.of(OWN)).entry
    assert entry["EventBusName"] == f"{PREFIX}{FINDINGS}" == "ringfence-findings"
    assert entry["DetailType"] == "Ringfence Finding"
    assert "EventBusName" not in event_in(Document.of(EVENT)).entry
