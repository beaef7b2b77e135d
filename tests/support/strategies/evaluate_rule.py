"""The worlds of `evaluate-rule`, which ends several runbooks: a bucket stands for every subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.observation import ResourceState
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.model.runbook import Runbook
from ringfence.observations.ec2.metadata import MetadataOptions
from ringfence.observations.logging.evaluation import Evaluation, RuleState
from ringfence.runbooks import EVALUATE
from ringfence.steps.ec2.metadata import SetMetadataOptions
from ringfence.steps.logging.evaluation import EvaluateRule, NoteRule
from tests.support.fakes.config_answers import RULE
from tests.support.runbook_worlds import Worlds
from tests.support.strategies.once import once, one_of
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Reads, Situation

KIND = "AWS::S3::Bucket"
BUCKET = BucketRef("111122223333", "eu-west-1", "reports")
OURS = ManagedRule(RULE, "S3_BUCKET_VERSIONING_ENABLED", "eu-west-1")
OTHER = ManagedRule(
    "securityhub-s3-bucket-logging-enabled-1a2b3c4d", "S3_BUCKET_LOGGING_ENABLED", "eu-west-1"
)
LATER = NOON + timedelta(minutes=4)
NOTED = NoteRule(OURS, NOON)
ASKED = EvaluateRule(OURS, NOON, NOON)
INCIDENT = Incident("inc-1", NOON, rules=(OURS,))
FLAG = st.booleans()
QUARTER = st.integers(0, 3)
RULES = st.lists(st.sampled_from((OURS, OTHER)), unique=True)
instants = st.none() | st.integers(-3, 3).map(lambda number: NOON + timedelta(minutes=number))


def fix() -> Step:
    """Any change: what it is makes no difference here."""
    options = MetadataOptions(endpoint="enabled", tokens="optional")
    return SetMetadataOptions("i-0123456789abcdef0", options, options)


@once
@st.composite
def evaluations(draw: DrawFn, rules: tuple[ManagedRule, ...]) -> Evaluation:
    """Draw what Config may know once the rules are noted."""
    awaited = draw(one_of(("", KIND)))
    states = tuple(RuleState(rule, draw(instants), draw(FLAG)) for rule in rules)
    if not awaited:
        return Evaluation(states)
    return Evaluation(states, draw(instants), awaited, draw(one_of(("", "it is stopped"))))


@once
@st.composite
def _situations(draw: DrawFn) -> Situation:
    """Draw what is known before the rules are noted, which is nothing, or afterwards."""
    rules = tuple(draw(RULES))
    incident = replace(INCIDENT, rules=rules)
    if draw(QUARTER) == 0:
        return ResourceState(BUCKET).with_observation(Evaluation()), incident
    notes = tuple(NoteRule(rule, NOON) for rule in rules)
    return ResourceState(BUCKET).with_observation(draw(evaluations(rules))), replace(incident, past=notes)


@cache
def situations(*kinds: type[Observation], settled: bool = False) -> SearchStrategy[Situation]:  # noqa: ARG001 - there is one observation
    """Any rules that judged a bucket, and whatever Config knows of them."""
    return _situations()


def reads(observation: type[Observation]) -> Reads:  # noqa: ARG001 - there is one
    """Before anything was done, after the note, and after a change."""
    return ((BUCKET, past) for past in ((), (NOTED,), (NOTED, fix())))


WORLDS = Worlds(
    Runbook("evaluate-rule", EVALUATE.title, BucketRef, (EVALUATE,)),
    {},
    situations,
    lambda: (NOTED, ASKED),
    reads,
)
