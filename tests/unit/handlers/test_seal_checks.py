"""The seals of an incident are checked for people: numbers of entries, bounded, and nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.handlers.seal_checks import LONGEST, MOST, SealService
from ringfence.model.errors import BadInput, Retryable
from ringfence.record.chain import ChainKey, link
from tests.support.fakes.chains import INCIDENT, KEY, notes, stamp
from tests.support.fakes.gateway import IAM, event, serve
from tests.support.fakes.seals import DOWN, OTHER, SEALS
from tests.support.fakes.site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringfence.record.chain import Entry
    from ringfence.record.seal import SealKeys

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
SOON = NOW + timedelta(seconds=20)
LENGTH = 4
PLAIN = link(stamp(), None, notes(LENGTH))
SEALED = SEALS.sealed(KEY, PLAIN)
KNOWN = frozenset({"key-1"})


def service(
    chains: Mapping[ChainKey, Sequence[Entry]], keys: SealKeys = SEALS, now: datetime = NOW
) -> SealService:
    def read(key: ChainKey, incident: str) -> Sequence[Entry]:
        assert incident == INCIDENT
        return chains[key]

    return SealService(lambda _: tuple(chains), read, lambda: keys, lambda: KNOWN, lambda: now)


def checked(entries: Sequence[Entry], keys: SealKeys = SEALS, key: ChainKey = KEY) -> Any:  # noqa: ANN401 - JSON
    answer: Any = service({key: entries}, keys).checked({"incident": INCIDENT}, SOON)
    (response,) = answer["responses"]
    assert (answer["incident"], answer["more"], response["chain"]) == (INCIDENT, 0, key.text)
    return response


def lists(response: Mapping[str, object]) -> list[object]:
    return [response[name] for name in ("sealed", "unsealed", "unchecked", "forged")]


def put(entry: Entry) -> tuple[Entry, ...]:
    """Return the sealed chain with another entry in the place of entry 2."""
    return (*SEALED[:2], entry, *SEALED[3:])


def test_sealed_entries_are_sealed() -> None:
    response = checked(SEALED)
    assert lists(response) == [[0, 1, 2, 3], [], [], []]
    assert response["counts"] == {"forged": 0, "unsealed": 0, "unchecked": 0, "sealed": 4}


def test_entries_without_a_mac_are_unsealed() -> None:
    assert lists(checked(put(PLAIN[2]))) == [[0, 1, 3], [2], [], []]


@pytest.mark.parametrize(
    "entry",
    [
        replace(SEALED[2], mac=SEALED[1].mac),
        replace(SEALED[2], mac="1:key-9:00"),
        replace(SEALED[2], mac="x"),
        replace(SEALED[2], body=SEALED[2].body + " "),
        replace(SEALED[2], body="[]"),
        replace(PLAIN[2], body=SEALED[1].body, hash=SEALED[1].hash),
        OTHER.sealed(KEY, PLAIN)[2],
        SEALS.sealed(ChainKey("another", KEY.subject), PLAIN)[2],
    ],
    ids=[
        "another's MAC",
        "an unknown key",
        "no MAC's form",
        "another body",
        "no object",
        "another's body",
        "another secret",
        "another chain",
    ],
)
def test_what_no_function_wrote_here_is_forged(entry: Entry) -> None:
    assert checked(put(entry))["forged"] == [2]


def test_an_entry_that_makes_a_release_refused_is_forged() -> None:
    """Entry 1 was removed: entry 2 is sealed, but it is not in its place."""
    assert checked((SEALED[0], *SEALED[2:]))["forged"] == [2]


def test_a_chain_that_bodies_name_is_not_believed() -> None:
    assert checked(SEALED, key=ChainKey("another", KEY.subject))["forged"] == [0, 1, 2, 3]


def test_without_a_key_nothing_is_called_sealed_or_forged() -> None:
    response = checked(SEALED, DOWN)
    assert lists(response) == [[], [], [0, 1, 2, 3], []]
    assert response["missing"] == DOWN.missing


def test_lists_are_bounded_and_counts_are_whole() -> None:
    response = checked(link(stamp(), None, notes(LONGEST + 5)))
    assert (len(response["unsealed"]), response["counts"]["unsealed"]) == (LONGEST, LONGEST + 5)


def test_responses_are_bounded() -> None:
    keys = [ChainKey("contain-instance", f"instance/{number}") for number in range(MOST + 3)]
    answer: Any = service(dict.fromkeys(keys, SEALED)).checked({"incident": INCIDENT}, SOON)
    assert (len(answer["responses"]), answer["more"]) == (MOST, 3)


def test_when_the_time_is_over_the_rest_is_not_checked() -> None:
    keys = dict.fromkeys((KEY, ChainKey("another", KEY.subject)), SEALED)
    answer: Any = service(keys, now=SOON).checked({"incident": INCIDENT}, SOON)
    assert (len(answer["responses"]), answer["more"]) == (1, 1)


def test_a_response_that_cannot_be_read_says_why() -> None:
    def broken(key: ChainKey, incident: str) -> Sequence[Entry]:
        raise Retryable(f"dynamodb:Query: {incident} {key.runbook}")

    made = replace(service({KEY: ()}), read=broken)
    answer: Any = made.checked({"incident": INCIDENT}, SOON)
    (response,) = answer["responses"]
    assert response == {"chain": KEY.text, "problem": f"dynamodb:Query: {INCIDENT} contain-instance"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "must be an object"),
        ({}, "incident: is required"),
        ({"incident": "x"}, "must be an incident's id"),
        ({"incident": INCIDENT, "seq": 1}, "seq: is not a known field"),
    ],
)
def test_a_wrong_request_is_named(body: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        service({}).checked(body, SOON)


def test_an_unknown_incident_is_bad_input() -> None:
    with pytest.raises(BadInput, match="is not in the audit log"):
        service({}).checked({"incident": INCIDENT}, SOON)


def test_the_api_answers_and_changes_nothing() -> None:
    site = Site()
    site.desk = replace(site.desk, seals=service({KEY: SEALED}))
    answer = serve(site, event("/seals", {"incident": INCIDENT}, {"iam": IAM}))
    assert answer["statusCode"] == 200
    assert '"sealed": [0, 1, 2, 3]' in answer["body"]
    assert not site.history.entries


def test_nobody_without_a_proof_is_answered() -> None:
    site = Site()
    site.desk = replace(site.desk, seals=service({KEY: SEALED}))
    assert serve(site, event("/seals", {"incident": INCIDENT}, None))["statusCode"] == 403


def test_a_process_without_the_key_says_so() -> None:
    site = Site(direct=True)
    answer = serve(site, event("/seals", {"incident": INCIDENT}, {"iam": IAM}))
    assert answer["statusCode"] == 400
    assert "only the functions have the key" in answer["body"]
