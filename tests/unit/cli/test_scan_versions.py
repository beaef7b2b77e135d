"""`ringfence scan` over files with several items of a resource: only the newest one counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from ringfence.cli.scan_versions import Versions
from ringfence.model.document import Document
from tests.support.samples.items import VERSIONS, bucket_item

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "2027-01-01T00:00:00Z", "2027-03-01T00:00:00.5+00:00"


def item(id_: str, *, versions: bool, at: object = None, **more: object) -> dict[str, Any]:
    time = {} if at is None else {"configurationItemCaptureTime": at}
    return {**bucket_item(id_, **(VERSIONS if versions else {})), **time, **more}


def scanned(*words: str, text: str | None = None) -> tuple[dict[str, Any], str, int]:
    done = CliRunner().invoke(main, ["scan", *words, "--format", "json"], input=text)
    told = json.loads(done.stdout)
    rule: dict[str, Any] = next(
        (one for one in told["rules"] if one["rule"] == "s3-bucket-keeps-versions"), {}
    )
    return {**rule, "resources": told["resources"]}, done.stderr, done.exit_code


PASSED = {"passed": 1, "failed": 0, "not_assessed": 0, "resources": 1}
FAILED = {"passed": 0, "failed": 1, "not_assessed": 0, "resources": 1}


def numbers(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in PASSED}


ORDERS = [
    [item("a", versions=False, at=OLD), item("a", versions=True, at=NEW)],
    [item("a", versions=True, at=NEW), item("a", versions=False, at=OLD)],
    [item("a", versions=True, at=1_800_000_000.5), item("a", versions=False, at=OLD)],
    [
        item("a", versions=False, at=OLD, configurationStateId="99"),
        item("a", versions=True, at=OLD, configurationStateId="100"),
    ],
    [item("a", versions=True, at=NEW, awsAccountId="1"), item("a", versions=True, at=NEW)],
    [item("a", versions=True), item("a", versions=True)],
]


@pytest.mark.parametrize("items", ORDERS)
def test_the_newest_item_of_a_resource_counts_in_whatever_order(
    tmp_path: Path, items: list[dict[str, Any]]
) -> None:
    path = tmp_path / "history.json"
    path.write_text(json.dumps({"configurationItems": items}), "utf-8")
    found, told, code = scanned(str(path))
    assert (numbers(found), told, code) == (PASSED, "", 0)


def test_items_in_different_files_are_of_one_resource(tmp_path: Path) -> None:
    for name, one in zip("ab", ORDERS[1], strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(one), "utf-8")
    assert numbers(scanned(str(tmp_path))[0]) == PASSED


def test_standard_input_and_files_are_read_together(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps(item("a", versions=True, at=OLD)), "utf-8")
    found, _, code = scanned(str(path), "-", text=json.dumps(item("a", versions=False, at=NEW)))
    assert (numbers(found), code) == (FAILED, 0)


def test_a_resource_whose_newest_item_says_that_it_was_deleted_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    gone = item("a", versions=True, at=NEW, configurationItemStatus="ResourceDeleted")
    path.write_text(json.dumps({"configurationItems": [gone, item("a", versions=False, at=OLD)]}), "utf-8")
    assert scanned(str(path))[0] == {"resources": 0}


def test_different_items_without_a_time_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    rows = [item("a", versions=True), item("a", versions=False), item("b", versions=True)]
    path.write_text(json.dumps({"Results": list(map(json.dumps, rows))}), "utf-8")
    found, told, code = scanned(str(path))
    assert (found["resources"], found["passed"], code) == (2, 2, 1)
    assert "1 resource has several different items, of which one has no configurationItemCaptureTime" in told


def test_resources_of_the_same_name_elsewhere_are_others(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    one = item("a", versions=True, at=NEW)
    others = [{**one, "awsRegion": "eu-west-2"}, {**one, "accountId": "444455556666"}]
    path.write_text("\n".join(map(json.dumps, [one, *others])), "utf-8")
    assert scanned(str(path))[0]["resources"] == 3


def test_what_cannot_be_read_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(f"{json.dumps(item('a', versions=True))}\n{{\n", "utf-8")
    found, told, code = scanned(str(path))
    assert (numbers(found), told.count("items.jsonl, line 2"), code) == (PASSED, 1, 1)
    done = CliRunner().invoke(main, ["scan", str(path), "--json"])
    (kept,) = json.loads(done.stdout)["not_read"]
    assert kept == told.rstrip("\n")


@pytest.mark.parametrize(
    "time", ["", "yesterday", "0001-01-01T00:00:00", None, [], -3, float("nan"), 10**400]
)
@pytest.mark.parametrize("state", ["", "-1", "\u0661", "9" * 40, 10**30, None, {}])
def test_whatever_an_item_says_about_its_time_one_of_several_counts(time: object, state: object) -> None:
    one = item("a", versions=True, at=time, configurationStateId=state)
    items = [Document.of(one), Document.of(item("a", versions=True, at=OLD))]
    versions = Versions()
    for number, document in enumerate(items):
        versions.add(number, document)
    assert [versions.is_newest(number, document) for number, document in enumerate(items)].count(True) == 1
    versions.close()


def test_an_item_without_identity_is_judged_so_that_its_field_is_named() -> None:
    versions = Versions()
    versions.add(0, Document.of({"resourceType": "AWS::S3::Bucket"}))
    assert versions.is_newest(0, Document.of({"resourceType": "AWS::S3::Bucket"}))
    assert not versions.doubtful
    versions.close()
