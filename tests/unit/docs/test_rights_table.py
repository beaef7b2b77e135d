"""The table of the rights that Ringfence takes names each role that it has in an account."""

from __future__ import annotations

import re
from pathlib import Path

from ringfence.model.resource_names import member_roles, release_role, run_role, runbook_ids

PAGE = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text("utf-8")
SECTION = PAGE.partition("## Rights that it takes")[2].partition("\n## ")[0]


def test_each_role_in_an_account_has_a_row_and_no_row_is_about_another_one() -> None:
    rows = set(re.findall(r"^\| `([^`]+)`", SECTION, re.MULTILINE))
    of_runbooks = {role(one): role("<runbook>") for role in (run_role, release_role) for one in runbook_ids()}
    assert {of_runbooks.get(name, name) for name in member_roles()} == rows
