"""The README's table of modes, questions and defaults says what the code declares."""

from __future__ import annotations

import re
from pathlib import Path

from ringfence.policy.approvals import ApprovalRules, seconds
from ringfence.policy.decision import Mode
from ringfence.policy.limits import ACCOUNT, DEFAULTS, MOST_SHARE, OVERALL

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")


def row_of(mode: Mode) -> str:
    (row,) = re.findall(rf"^\| `{mode.value}` \|.*$", README, re.MULTILINE)
    return str(row)


def test_each_mode_has_a_row_and_the_most_cautious_one_is_the_first() -> None:
    rows = [README.index(row_of(mode)) for mode in Mode]
    assert rows == sorted(rows)


def test_the_times_to_answer_are_the_defaults() -> None:
    rules = ApprovalRules()
    for mode, default in ((Mode.APPROVE, rules.expires), (Mode.AUTO_UNLESS_VETOED, rules.veto)):
        (shown,) = re.findall("`([0-9]+[mhd])`", row_of(mode))
        assert seconds(shown) == default


def test_the_limits_are_the_defaults() -> None:
    overall, account = (next(one for one in DEFAULTS if one.scope == scope) for scope in (OVERALL, ACCOUNT))
    prose = " ".join(README.split())
    assert f"at most {overall.hour} responses that can break a workload run in an hour" in prose
    assert f"in an hour and {overall.day} in a day" in prose
    assert f"At most {account.hour} and {account.day} of them are in one account" in prose
    assert f"At most {MOST_SHARE} percent of an Auto Scaling group" in prose
