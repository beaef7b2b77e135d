"""The whole catalogue as parameters of laws: each runbook and remediation with the worlds that it meets."""

from __future__ import annotations

import pytest

from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.runbook_worlds import SHARED, worlds_of

WORLDS = {id_: worlds_of(id_) for id_ in (*CATALOGUE, *SHARED)}
"""Raises where a runbook brings no worlds."""
EACH_RUNBOOK = pytest.mark.parametrize("worlds", WORLDS.values(), ids=WORLDS)
EACH_WITH_OPTIONS = pytest.mark.parametrize(
    "worlds",
    [
        pytest.param(one, id=id_)
        for id_, one in WORLDS.items()
        if any(each.optional for each in one.runbook.remediations)
    ],
)
EACH_REMEDIATION = pytest.mark.parametrize(
    ("worlds", "id_"),
    [
        pytest.param(worlds, one, id=f"{id_}-{one}")
        for id_, worlds in WORLDS.items()
        for one in worlds.runbook.ids
    ],
)
EACH_PINNED = pytest.mark.parametrize(
    ("worlds", "situation"),
    [
        pytest.param(worlds, situation, id=f"{id_}-{number}")
        for id_, worlds in WORLDS.items()
        for number, situation in enumerate(worlds.pinned)
    ],
)
