"""A verdict from Security Hub can lack the rule: any managed rule with the identifier confirms it."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.model.document import Document
from ringfence.model.rule_confirmation import ManagedRule
from tests.support.laws.permissions import check as possible

SSH = {"ConfigRuleName": "our-ssh", "Source": {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}}
CUSTOM = {
    "ConfigRuleName": "made-up",
    "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "INCOMING_SSH_DISABLED"},
}


def doubt(claim: ManagedRule, *rules: dict[str, Any]) -> str:
    """Return what the claim says about the rules of AWS Config."""
    talk = claim.confirm()
    (call,) = next(talk)
    possible(call)
    assert call.pages is (not claim.name)
    with pytest.raises(StopIteration) as ended:
        talk.send((Document({"ConfigRules": list(rules)}),))
    found: str = ended.value.value
    return found


def test_any_managed_rule_with_the_identifier_confirms_a_control() -> None:
    claim = ManagedRule("", "INCOMING_SSH_DISABLED", "eu-west-1")
    assert doubt(claim, CUSTOM, SSH) == ""
    assert "has no managed rule INCOMING_SSH_DISABLED in eu-west-1" in doubt(claim, CUSTOM)


def test_a_named_rule_is_confirmed_by_its_name_alone() -> None:
    claim = ManagedRule("restricted-ssh", "INCOMING_SSH_DISABLED", "eu-west-1")
    assert "restricted-ssh is not AWS's managed rule" in doubt(claim, SSH)
