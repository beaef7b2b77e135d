"""Notices take the names of accounts from the deployed policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from ringfence.aws.notice import Topic
from ringfence.handlers import account_names as names
from ringfence.record.notices import notice
from tests.support.fakes.chains import REF, contained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_sns import SNSClient


class Sns:
    """SNS that keeps what is published."""

    def __init__(self) -> None:
        self.published: list[dict[str, object]] = []

    def publish(self, **given: object) -> None:
        self.published.append(given)


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(names, "CODE", tmp_path)
    names.account_names.cache_clear()
    yield
    names.account_names.cache_clear()


def test_outside_of_a_deployment_no_account_has_a_name() -> None:
    assert dict(names.account_names()) == {}


def test_a_published_notice_has_the_name_that_the_policy_gives_the_account(tmp_path: Path) -> None:
    facts = {REF.account: {"units": [], "tags": {}, "name": "payments"}, "444455556666": {"units": []}}
    (tmp_path / "policy.json").write_text(json.dumps({"organization": facts}))
    assert dict(names.account_names()) == {REF.account: "payments"}
    sns, told = Sns(), notice(contained())
    assert told is not None
    Topic(cast("SNSClient", sns), "arn", names.account_names()).publish(told)
    (sent,) = sns.published
    assert f"account {REF.account} (payments)" in str(sent["Message"])
