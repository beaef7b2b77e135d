"""An owner's own names of rules are delivered at home, and forwarded."""

from __future__ import annotations

from dataclasses import replace

from ringfence.runbooks.catalogue import CATALOGUE
from stacks.forward import everything
from stacks.patterns import patterns_of
from tests.support.synthesis import told


def test_a_policys_own_names_of_rules_are_a_pattern_of_the_runbook_that_answers_the_managed_rule() -> None:
    names = {"team-no-open-ssh": "restricted-ssh", "team-logs": "s3-bucket-logging-enabled"}
    settings = told()
    named = replace(settings, policy={**settings.policy, "config_rules": names})
    added = {
        id_: [one for one in patterns_of(runbook, named) if one not in patterns_of(runbook, settings)]
        for id_, runbook in CATALOGUE.items()
    }
    found = {id_: patterns for id_, patterns in added.items() if patterns}
    assert found.keys() == {"harden-network", "harden-bucket"}
    (network,) = found["harden-network"]
    assert "team-no-open-ssh" in str(network)
    assert "team-logs" not in str(network)
    assert network in everything(named)
    assert network not in everything(settings)
