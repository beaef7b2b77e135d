"""Files of events are read as a stream, whatever their form, and errors name their place."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ringfence.cli import event_stream
from ringfence.cli.event_stream import Read, paths_of, read_file, size_of
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

ONES = [{"n": number} for number in range(5)]
FORMS = {
    "one document": json.dumps(ONES[0]),
    "one document over several lines": json.dumps(ONES[0], indent=2),
    "a list": json.dumps(ONES),
    "a list over several lines": json.dumps(ONES, indent=2),
    "lines": "\n".join(map(json.dumps, ONES)),
    "lines with empty ones": "\n\n".join(map(json.dumps, ONES)) + "\n",
    "findings": json.dumps({"Findings": ONES}),
    "records": json.dumps({"Records": ONES}, indent=1),
}


def read(path: Path) -> list[Read]:
    return list(read_file(str(path), lambda _: None))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_its_documents(tmp_path: Path, form: str, packed: bool) -> None:  # noqa: FBT001 - a parameter
    path, data = tmp_path / "events", FORMS[form].encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    wanted = ONES[:1] if form.startswith("one document") else ONES
    assert [one.document for one in read(path)] == wanted


@pytest.mark.parametrize("form", ["a list", "lines", "findings"])
def test_a_mark_of_the_byte_order_is_skipped(tmp_path: Path, form: str) -> None:
    path = tmp_path / "events.json"
    path.write_text(FORMS[form], encoding="utf-8-sig")
    assert [one.document for one in read(path)] == ONES


@pytest.mark.parametrize("text", ["version: 1\nscope: {}\n", "# a comment\nrules: []\n"])
@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_a_policy_in_place_of_events_is_an_error_that_says_so(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"policy.{suffix}"
    path.write_text(text, encoding="utf-8")
    (found,) = read(path)
    assert "is YAML and must be JSON; `--policy` names the policy file" in str(found.error)
    path.write_text(FORMS["lines"], encoding="utf-8")
    assert [one.document for one in read(path)] == ONES


def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"n": 0}\n{"n": \n{"n": 2}\n')
    good, bad, last = read(path)
    assert (good.document, last.document) == ({"n": 0}, {"n": 2})
    assert bad.place.endswith("line 2")
    assert isinstance(bad.error, BadInput)


def test_a_list_that_is_cut_off_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text('[{"n": 0}, {"n": 1}, {"n":')
    *good, bad = read(path)
    assert [one.document for one in good] == [{"n": 0}, {"n": 1}]
    assert bad.place.endswith("item 3")
    assert bad.error is not None
    assert "the rest of the file is not read" in str(bad.error)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe{", b"nothing", b'{"n": NaN}'])
def test_what_is_no_json_is_bad_input(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "events"
    path.write_bytes(data)
    assert [type(one.error) for one in read(path)] == [BadInput]


@pytest.mark.parametrize("data", [b"", b" \n\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_called_empty(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "events"
    path.write_bytes(data)
    assert [str(one.error) for one in read(path)] == ["(document): is empty"]


def test_documents_one_after_the_other_are_read(tmp_path: Path) -> None:
    """So `jq '.[]'` and Amazon Data Firehose write them: over several lines, or none between them."""
    path = tmp_path / "events"
    for text in ("\n".join(json.dumps(one, indent=2) for one in ONES), "".join(map(json.dumps, ONES))):
        path.write_text(text)
        assert [one.document for one in read(path)] == ONES


def test_a_first_line_that_is_longer_than_the_head_is_one_of_several(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    ones = [{"text": "x" * 100_000}, {"text": "y"}, {"text": "z" * 100_000}]
    path.write_text("\n".join(map(json.dumps, ones)))
    assert [one.document for one in read(path)] == ones


def test_documents_one_after_the_other_need_no_more_memory_if_they_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "MOST_BYTES", 10_000)
    path = tmp_path / "events"
    one = json.dumps({"text": "é" * 1000}, ensure_ascii=False)
    path.write_text(one * 2000, encoding="utf-8")
    tracemalloc.start()
    assert sum(1 for each in read_file(str(path), lambda _: None) if each.error is None) == 2000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < path.stat().st_size / 10
    path.write_text(one + json.dumps({"text": "x" * 20_000}))
    assert [str(each.error or "") for each in read(path)] == ["", "(document): is longer than 10000 bytes"]


def test_of_documents_one_after_the_other_those_before_an_error_are_read(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_text('{"n": 0}{"n": 1}{"n":')
    *good, bad = read(path)
    assert [one.document for one in good] == [{"n": 0}, {"n": 1}]
    assert bad.error is not None


def test_a_missing_or_broken_file_ends_the_command(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read(tmp_path / "missing")
    broken = tmp_path / "events.gz"
    broken.write_bytes(gzip.compress(FORMS["lines"].encode() * 50)[:40])
    with pytest.raises(BadInput, match="cannot be read"):
        read(broken)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    one = json.dumps({"text": "x" * 1000})
    path.write_text(f"[{','.join([one] * 20_000)}]")
    tracemalloc.start()
    assert sum(1 for _ in read_file(str(path), lambda _: None)) == 20_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < path.stat().st_size / 10


def test_a_folder_means_its_files(tmp_path: Path) -> None:
    (tmp_path / "within").mkdir()
    for name in ("b.json", "a.jsonl.gz", "notes.txt", "within/c.ndjson"):
        (tmp_path / name).write_text("{}")
    found = paths_of((str(tmp_path), str(tmp_path / "b.json")))
    assert [one.removeprefix(f"{tmp_path}/") for one in found] == ["a.jsonl.gz", "b.json", "within/c.ndjson"]
    assert size_of(found) == 6
    assert size_of(("-",)) is None
    with pytest.raises(BadInput, match="must contain files"):
        paths_of((str(tmp_path / "within" / "none"),)[:0])
