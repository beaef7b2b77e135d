"""A look at an account and region: what is read, what is judged, and what is named as not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.model.place import Place
from ringfence.posture.conditions import Contains, Is, OneOf, Violation
from ringfence.posture.expression import Expression
from ringfence.posture.kept import Ending, Judged
from ringfence.posture.look import Look
from ringfence.posture.reach import TRIES, Aggregator, Reach, Wanted
from ringfence.posture.recording import Recording
from ringfence.posture.rule import Rule, Status
from tests.support.fakes.config_items import CAPTURED, EVERYTHING, NOW, ConfigItems, item, throttled
from tests.support.posture import EXISTS, SHIPPED, named

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, REGION = "111122223333", "eu-west-1"
HERE, GLOBAL = Place(ACCOUNT, REGION), Place(ACCOUNT, "global")
BUCKET, ROLE, TRAIL = "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::CloudTrail::Trail"
CDN = "AWS::CloudFront::Distribution"
KEY = "AWS::KMS::Key"
ENABLED = Rule(
    "enabled", "enabled", (KEY,), ((KEY, Contains((("Enabled", OneOf((Is(30), Is(value=True)))),))),)
)
SPOKEN = Rule(
    "spoken", "spoken", (KEY,), expression=Expression("properties.Enabled in [30, true]", "is another")
)
INDEXED = Rule("indexed", "indexed", (KEY,), expression=Expression("properties.Enabled[7] == 1", "is not"))


class Kept:
    """What a look kept."""

    def __init__(self, ending: Ending, judged: list[Judged]) -> None:
        self.ending, self.judged = ending, judged

    def lines(self) -> Iterator[Judged]:
        """Yield each resource, as it is read back from its line."""
        yield from self.judged


def look(
    config: ConfigItems,
    *rules: Rule,
    place: Place = HERE,
    regions: tuple[str, ...] = (REGION,),
    before: Kept | None = None,
    aggregator: Aggregator | None = None,
) -> Kept:
    wanted = Wanted("scan", "digest", rules or (named(BUCKET),), regions, {})
    judged: list[Judged] = []
    reach = Reach(config, lambda: NOW, config.waits.append, aggregator)
    ending = Look(place, wanted, reach, judged.append, before).make()
    return Kept(ending, judged)


def states(kept: Kept) -> dict[str, list[Status]]:
    return {one.resource.id: [result.status for result in one.results] for one in kept.judged}


def test_every_page_of_items_is_judged() -> None:
    config = ConfigItems()
    named_ones = [item(HERE, BUCKET, f"b{number}", configuration={"name": "x"}) for number in range(3)]
    config.record(HERE, *named_ones, item(HERE, BUCKET, "nameless"))
    kept = look(config)
    assert states(kept) == {
        **{f"b{number}": [Status.PASSED] for number in range(3)},
        "nameless": [Status.FAILED],
    }
    assert kept.ending == Ending("scan", "digest", NOW, {BUCKET: 4})
    assert config.made("SelectResourceConfig") == 2


def test_what_is_kept_has_no_properties_and_is_read_back_from_its_line() -> None:
    config = ConfigItems()
    tag = [{"key": "team", "value": "web"}]
    config.record(HERE, item(HERE, BUCKET, "b", configuration={"secret": "x"}, tags=tag))
    (one,) = look(config).judged
    assert "secret" not in one.text
    from ringfence.posture.kept import judged_of

    assert judged_of(one.text) == one


def test_a_place_without_a_recorder_is_named_and_passes_nothing() -> None:
    config = ConfigItems()
    config.items[HERE] = [item(HERE, BUCKET, "b", configuration={"name": "x"})]
    kept = look(config)
    assert (kept.judged, kept.ending.unseen) == ([], ("AWS Config has no recorder",))


def test_items_of_a_stopped_recorder_are_old_and_not_read() -> None:
    config = ConfigItems(stopped={HERE})
    config.record(HERE, item(HERE, BUCKET, "b", configuration={"name": "x"}))
    kept = look(config)
    assert kept.judged == []
    assert "stopped" in kept.ending.unseen[0]


@pytest.mark.parametrize("status", ["FAILURE", "Failure"])
def test_items_of_a_recorder_that_fails_are_old_and_not_read(status: str) -> None:
    failed: dict[str, object] = {"lastStatus": status, "lastErrorCode": "AccessDenied\x1b[2K"}
    config = ConfigItems(states={HERE: failed})
    config.record(HERE, item(HERE, BUCKET, "b", configuration={"name": "x"}))
    kept = look(config)
    why = "items can be old, because AWS Config failed to record: 'AccessDenied\\x1b[2K'"
    assert (kept.judged, kept.ending.unseen) == ([], (why,))


def test_items_of_a_recorder_that_works_are_read() -> None:
    config = ConfigItems(states={HERE: {"lastStatus": "SUCCESS"}})
    config.record(HERE, item(HERE, BUCKET, "b"))
    ending = look(config).ending
    assert (ending.counts, ending.unseen) == ({BUCKET: 1}, ())


@pytest.mark.parametrize("status", ["PENDING", "Pending"])
def test_items_of_a_pending_recorder_are_judged_and_what_they_lack_is_named(status: str) -> None:
    """A recorder that was just started has recorded some resources, and not yet the others."""
    config = ConfigItems(states={HERE: {"lastStatus": status}})
    config.record(HERE, item(HERE, BUCKET, "b"))
    ending = look(config).ending
    why = "changes that are in no item yet, because the latest recording of AWS Config is pending"
    assert (ending.counts, ending.unseen) == ({BUCKET: 1}, (f"{BUCKET}: {why}",))


def daily(usual: str, *others: str) -> dict[str, object]:
    """Return a recorder with a frequency, and the other one for some types."""
    other = {"DAILY": "CONTINUOUS", "CONTINUOUS": "DAILY"}[usual]
    overrides = [{"resourceTypes": [*others], "recordingFrequency": other}]
    return {**EVERYTHING, "recordingMode": {"recordingFrequency": usual, "recordingModeOverrides": overrides}}


OLD = "changes of the last 24 hours, because AWS Config records this once a day"


@pytest.mark.parametrize(
    ("recorder", "old"),
    [
        (daily("DAILY"), (TRAIL, BUCKET)),
        (daily("DAILY", TRAIL), (BUCKET,)),
        (daily("CONTINUOUS", TRAIL), (TRAIL,)),
        (daily("CONTINUOUS"), ()),
    ],
)
def test_types_that_are_recorded_once_a_day_are_judged_and_named(
    recorder: dict[str, object], old: tuple[str, ...]
) -> None:
    config = ConfigItems(recorders={HERE: recorder})
    config.record(HERE, item(HERE, BUCKET, "b"), item(HERE, TRAIL, "t"))
    ending = look(config, named(BUCKET), EXISTS[TRAIL]).ending
    assert ending.counts == {BUCKET: 1, TRAIL: 1}
    assert ending.unseen == ((f"{', '.join(old)}: {OLD}",) if old else ())


def test_what_is_about_aws_config_itself_is_never_recorded_once_a_day() -> None:
    types = ("AWS::Config::ConfigurationRecorder", BUCKET)
    assert Recording(everything=True, daily=True).once_a_day(types) == (BUCKET,)


def test_iam_that_is_recorded_once_a_day_is_named() -> None:
    config = ConfigItems(recorders={HERE: daily("DAILY")})
    config.record(HERE, item(GLOBAL, ROLE, "r"))
    ending = look(config, named(ROLE), place=GLOBAL).ending
    assert (ending.counts, ending.unseen) == ({ROLE: 1}, (f"{ROLE}: {OLD}",))


def test_what_is_recorded_once_a_day_is_always_read_again() -> None:
    """Its item can arrive after the last look, with the time of a change before it."""
    config = five()
    config.recorders[HERE] = daily("DAILY")
    before = NOW - timedelta(hours=20)
    config.items[HERE][0] |= {"configuration": {"name": "x"}, CAPTURED: f"{before:%Y-%m-%dT%H:%M:%S.000Z}"}
    since, whole = scanned_twice(config)
    assert states(since) == states(whole)


@pytest.mark.parametrize(
    ("group", "lacking"),
    [
        ({"allSupported": False, "resourceTypes": [BUCKET]}, (TRAIL,)),
        (
            {
                "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
                "exclusionByResourceTypes": {"resourceTypes": [TRAIL]},
            },
            (TRAIL,),
        ),
        ({"allSupported": True}, ()),
        ({"resourceTypes": []}, (BUCKET, TRAIL)),
    ],
)
def test_a_type_that_is_not_recorded_is_named(group: dict[str, object], lacking: tuple[str, ...]) -> None:
    config = ConfigItems(recorders={HERE: {"recordingGroup": group}})
    unseen = look(config, named(BUCKET), EXISTS[TRAIL]).ending.unseen
    assert [one.partition(":  ")[0] for one in unseen] == (
        [f"{', '.join(sorted(lacking))}: AWS Config does not record this"] if lacking else []
    )


def test_a_denied_place_is_named_with_its_reason() -> None:
    config = ConfigItems(denied={HERE})
    config.record(HERE, item(HERE, BUCKET, "b"))
    ending = look(config).ending
    assert not ending.whole
    assert "AccessDenied" in ending.unseen[0]
    assert config.waits == [], "a denial is not asked again"


def test_throttled_calls_are_made_again_after_growing_waits() -> None:
    config = ConfigItems(fails={HERE: throttled(3)})
    config.record(HERE, *(item(HERE, BUCKET, f"b{number}") for number in range(3)))
    kept = look(config)
    assert (kept.ending.counts, kept.ending.unseen) == ({BUCKET: 3}, ())
    assert config.waits == [1.0, 2.0, 4.0]


def test_a_place_that_stays_throttled_is_named_and_what_was_read_is_kept() -> None:
    config = ConfigItems()
    config.record(HERE, *(item(HERE, BUCKET, f"b{number}") for number in range(5)))
    config.fails[HERE] = []
    plain = config._selected

    def later(place: Place, given: object) -> object:
        if config.made("SelectResourceConfig") == 1:
            config.fails[HERE] = throttled(TRIES)
        return plain(place, given)  # type: ignore[arg-type]  # as given

    config._selected = later  # type: ignore[method-assign,assignment]  # the second page fails
    kept = look(config)
    assert kept.ending.counts == {BUCKET: 2}
    assert not kept.ending.whole
    assert kept.ending.unseen[0].endswith("slow down. 2 resources were read before.")


def test_an_item_that_cannot_be_read_is_named_and_the_others_are_judged() -> None:
    config = ConfigItems()
    config.record(HERE, item(HERE, BUCKET, "a", accountId="x"), item(HERE, BUCKET, "b"))
    config.items[HERE][0]["accountId"] = "x"
    kept = look(config)
    assert list(states(kept)) == ["b"]
    assert "'a' is not judged: accountId" in kept.ending.unseen[0]


@pytest.mark.parametrize("description", ["[" * 4000 + "]" * 4000, "[" * 65 + "]" * 65], ids=["4000", "65"])
def test_a_description_that_is_nested_deeply_is_a_text(description: str) -> None:
    config = ConfigItems()
    deep = item(HERE, KEY, "deep", configuration={"enabled": True, "description": description})
    config.record(HERE, deep, item(HERE, KEY, "off", configuration={"enabled": False}))
    assert states(look(config, ENABLED, SPOKEN)) == {
        "deep": [Status.PASSED, Status.PASSED],
        "off": [Status.FAILED, Status.FAILED],
    }
    kept = look(config, *(one.rule for one in SHIPPED if KEY in one.rule.resource_types))
    assert (set(states(kept)), kept.ending.unseen) == ({"deep", "off"}, ())


def nested(levels: int) -> object:
    found: object = 1
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize("value", [nested(400), 10**400, ["a"]], ids=["nested", "large", "short"])
def test_whatever_an_item_contains_the_others_are_judged(value: object) -> None:
    config = ConfigItems()
    odd = item(HERE, KEY, "odd", configuration={"enabled": value})
    config.record(HERE, odd, item(HERE, KEY, "off", configuration={"enabled": False}))
    kept = look(config, ENABLED, SPOKEN, INDEXED)
    told = " ".join(kept.ending.unseen)
    assert states(kept)["off"][:2] == [Status.FAILED, Status.FAILED]
    assert Status.PASSED not in states(kept).get("odd", [])
    assert ("odd" in states(kept)) != ("the item of 'odd' is not judged: configuration: is nested" in told)


def test_a_row_that_is_no_json_is_named_and_the_others_are_judged() -> None:
    config = ConfigItems()
    config.record(HERE, item(HERE, KEY, "a", configuration={"enabled": float("nan")}))
    config.record(HERE, item(HERE, KEY, "off", configuration={"enabled": False}))
    kept = look(config, ENABLED)
    assert states(kept) == {"off": [Status.FAILED]}
    assert kept.ending.unseen[0].startswith("an item is not judged: Results: must be JSON objects")


class Broken:
    """A condition that cannot bear some value."""

    def violations(self, actual: object, path: tuple[str, ...]) -> Iterator[Violation]:
        if isinstance(actual, Mapping) and actual.get("Description") == "odd":
            raise LookupError(path)
        yield Violation(path, "is wrong")


def test_an_item_on_which_a_rule_fails_in_any_way_is_named_as_not_judged() -> None:
    config = ConfigItems()
    config.record(HERE, item(HERE, KEY, "a", configuration={"description": "odd"}), item(HERE, KEY, "b"))
    broken = Rule("broken", "broken", (KEY,), ((KEY, Broken()),))  # type: ignore[arg-type]  # on purpose
    kept = look(config, broken)
    assert states(kept) == {"b": [Status.FAILED]}
    assert kept.ending.unseen == (
        "the item of 'a' is not judged: configuration: cannot be judged: LookupError",
    )


def test_what_no_item_has_is_read_from_the_service() -> None:
    config = ConfigItems(answers={"GetTrailStatus": {"IsLogging": True}})
    config.record(HERE, item(HERE, TRAIL, "t"))
    assert states(look(config, EXISTS[TRAIL])) == {"t": [Status.PASSED]}
    config.answers = {}
    assert states(look(config, EXISTS[TRAIL])) == {"t": [Status.NOT_ASSESSED]}


def test_global_resources_are_read_once_in_a_region_that_records_them() -> None:
    first, second, cdn = HERE, Place(ACCOUNT, "eu-north-1"), Place(ACCOUNT, "us-east-1")
    config = ConfigItems(recorders={first: {"recordingGroup": {"allSupported": True}}})
    role = item(GLOBAL, ROLE, "r")
    config.record(second, role, role)
    config.record(cdn, item(GLOBAL, CDN, "d"), role)
    rules = (named(ROLE), EXISTS[CDN])
    kept = look(config, *rules, place=GLOBAL, regions=(REGION, "eu-north-1"))
    assert kept.ending.unseen == ()
    assert Counter(one.resource.id for one in kept.judged) == {"r": 1, "d": 1}
    assert kept.ending.unseen == ()


def test_global_types_that_no_region_records_are_named() -> None:
    config = ConfigItems(recorders={HERE: {"recordingGroup": {"allSupported": True}}})
    unseen = look(config, named(ROLE), place=GLOBAL).ending.unseen
    assert unseen == (f"{ROLE}: no region of the scope is known to record this",)


USER, NEW = "AWS::IAM::User", "eu-central-2"


def test_users_are_not_read_in_a_region_that_cannot_record_iam() -> None:
    """Its recorder can include IAM all the same. A stray item there is not the whole of IAM."""
    new = Place(ACCOUNT, NEW)
    config = ConfigItems()
    config.record(new, item(GLOBAL, ROLE, "stray"))
    config.record(HERE, item(GLOBAL, USER, "administrator"), item(GLOBAL, ROLE, "r"))
    kept = look(config, named(USER), place=GLOBAL, regions=(NEW, REGION))
    assert (kept.ending.counts, kept.ending.unseen) == ({USER: 1}, ())
    assert new not in {place for _, place in config.calls}


@pytest.mark.parametrize("region", [NEW, "ap-south-2", "mx-central-1", "xx-future-1"])
def test_a_scope_of_regions_that_cannot_record_iam_names_its_types(region: str) -> None:
    config = ConfigItems()
    config.record(Place(ACCOUNT, region))
    ending = look(config, named(USER), place=GLOBAL, regions=(region,)).ending
    words = "no region of the scope can record this: all are newer than February 2022"
    assert ending.unseen == (f"{USER}: {words}",)


def test_a_region_without_any_item_of_iam_is_not_believed_and_the_next_one_is_asked() -> None:
    empty, full = HERE, Place(ACCOUNT, "eu-north-1")
    config = ConfigItems()
    config.record(empty)
    config.record(full, item(GLOBAL, USER, "administrator"))
    kept = look(config, named(USER), place=GLOBAL, regions=(REGION, "eu-north-1"))
    assert (kept.ending.counts, kept.ending.unseen) == ({USER: 1}, ())
    ending = look(config, named(USER), place=GLOBAL).ending
    assert ending.unseen == (f"{USER}: no region of the scope is known to record this",)


def test_an_account_with_roles_and_no_users_was_looked_at() -> None:
    config = ConfigItems()
    config.record(HERE, item(GLOBAL, ROLE, "r"))
    kept = look(config, named(USER), place=GLOBAL)
    assert (kept.ending.counts, kept.ending.unseen, kept.ending.whole) == ({}, (), True)


def test_a_region_whose_items_of_iam_cannot_be_counted_is_named_and_the_next_one_is_asked() -> None:
    other = Place(ACCOUNT, "eu-north-1")
    config = ConfigItems(fails={HERE: throttled(TRIES)})
    for place in (HERE, other):
        config.record(place, item(GLOBAL, USER, "administrator"))
    ending = look(config, named(USER), place=GLOBAL, regions=(REGION, "eu-north-1")).ending
    assert (ending.counts, ending.whole) == ({USER: 1}, False)
    assert "slow down" in ending.unseen[0]


def test_a_global_type_of_one_region_is_named_with_that_region() -> None:
    unseen = look(ConfigItems(), EXISTS[CDN], place=GLOBAL).ending.unseen
    assert unseen == (f"{CDN}: AWS Config has no recorder in us-east-1",)


def test_an_aggregator_is_asked_for_the_places_that_it_has() -> None:
    home, other = Place("999999999999", REGION), Place("444455556666", REGION)
    config = ConfigItems(aggregators={"all": (HERE, other)})
    config.record(HERE, item(HERE, BUCKET, "mine"))
    config.record(other, item(other, BUCKET, "theirs"))
    aggregator = Aggregator("all", home, frozenset({HERE}))
    assert list(states(look(config, aggregator=aggregator))) == ["mine"]
    assert ("SelectAggregateResourceConfig", home) in config.calls
    assert config.made("SelectResourceConfig") == 0
    assert list(states(look(config, place=other, aggregator=aggregator))) == ["theirs"]
    assert config.made("SelectResourceConfig") == 1


def test_an_aggregator_has_the_items_of_an_account_that_denies_its_recorder() -> None:
    home = Place("999999999999", REGION)
    config = ConfigItems(aggregators={"all": (HERE,)}, denied={HERE})
    config.record(HERE, item(HERE, BUCKET, "mine"))
    kept = look(config, aggregator=Aggregator("all", home, frozenset({HERE})))
    assert list(states(kept)) == ["mine"]
    assert "AccessDenied" in kept.ending.unseen[0]
    assert not kept.ending.whole


LATER = "2027-01-01T23:30:00.000Z"


def scanned_twice(config: ConfigItems, *rules: Rule) -> tuple[Kept, Kept]:
    """Scan after a change with and without what was known before it."""
    return look(config, *rules, before=BEFORE[0]), look(config, *rules)


BEFORE: list[Kept] = []


@pytest.fixture(autouse=True)
def _empty() -> None:
    BEFORE.clear()


def five() -> ConfigItems:
    config = ConfigItems(page=100)
    config.record(HERE, *(item(HERE, BUCKET, f"b{number}") for number in range(5)))
    BEFORE.append(look(config))
    return config


def changed(config: ConfigItems, at: int) -> None:
    config.items[HERE][at] |= {"configuration": {"name": "x"}, CAPTURED: LATER}


def test_a_look_since_the_last_one_reads_what_changed() -> None:
    config = five()
    changed(config, 2)
    since, whole = scanned_twice(config)
    assert states(since) == states(whole)
    assert since.ending.counts == whole.ending.counts
    assert states(since)["b2"] == [Status.PASSED]


def test_a_look_since_the_last_one_reads_few_pages() -> None:
    config = five()
    config.page = 1
    config.calls.clear()
    look(config, before=BEFORE[0])
    assert config.made("SelectResourceConfig") == 2, "what changed, and the numbers"


@pytest.mark.parametrize("also", [False, True])
def test_a_deleted_resource_is_gone_also_if_another_one_was_made(*, also: bool) -> None:
    config = five()
    del config.items[HERE][1]
    if also:
        config.record(HERE, item(HERE, BUCKET, "new", **{CAPTURED: LATER}))
    since, whole = scanned_twice(config)
    assert states(since) == states(whole)
    assert "b1" not in states(since)


def test_what_is_read_from_the_service_is_always_read_again() -> None:
    config = ConfigItems(answers={"GetTrailStatus": {"IsLogging": True}})
    config.record(HERE, item(HERE, TRAIL, "t"))
    before = look(config, EXISTS[TRAIL])
    config.answers = {"GetTrailStatus": {"IsLogging": False}}
    assert states(look(config, EXISTS[TRAIL], before=before)) == {"t": [Status.FAILED]}


def test_a_look_goes_back_before_the_last_one() -> None:
    """AWS Config records a change some time after it."""
    config = five()
    shortly = NOW - timedelta(minutes=30)
    config.items[HERE][0] |= {"configuration": {"name": "x"}, CAPTURED: f"{shortly:%Y-%m-%dT%H:%M:%S.000Z}"}
    since, whole = scanned_twice(config)
    assert states(since) == states(whole)
