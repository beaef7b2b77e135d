"""The only driver of the generators: it makes the calls of observations and steps."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore import xform_name
from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, message_of, raised
from ringfence.aws.sessions import is_region, until
from ringfence.model.call import Answer, Call, SansIO, at
from ringfence.model.claims import Checked, SourceAnswer, Verdict
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, InternalError, OutcomeUnknown, Retryable
from ringfence.model.frozen import frozen, replace
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.subject import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from botocore.client import BaseClient
    from botocore.paginate import Paginator

    from ringfence.aws.sessions import Clients
    from ringfence.engine.ports import Clock, SideBySide
    from ringfence.model.finding import Finding
    from ringfence.model.reviews import Listed, Review
    from ringfence.model.step import Names, Step
    from ringfence.policy.decision import Permit

R = TypeVar("R")


_READS = ("Describe", "Get", "Head", "List")
"""Operations with these names change nothing."""
_IN_ORDER = json.JSONEncoder(sort_keys=True, default=str)
"""`json.dumps` with such options makes an encoder for each text."""
AGAIN = "calls that the transport sent again"
"""The log field for retried calls: their response was a temporary error or came too late."""


@frozen
class Made:
    """The result of an applied step."""

    provides: Names
    note: str
    requests: tuple[str, ...]


@frozen
class AwsCloud:
    """Reads and changes AWS with the role in the subject's account."""

    clients: Clients
    clock: Clock
    side_by_side: SideBySide

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        """Run all generators in lockstep, so that a call that several of them need is made once."""
        talks: dict[type[Observation], SansIO[Observation]] = {
            kind: kind.read(ref, past) for kind in observations
        }
        asked: dict[type[Observation], tuple[Call, ...]] = {}
        seen: dict[type[Observation], Observation] = {}
        for kind, talk in talks.items():
            try:
                asked[kind] = next(talk)
            except StopIteration as ended:  # such a subject has nothing to read
                seen[kind] = ended.value
        while asked:
            answers = iter(self._answers(ref, tuple(call for calls in asked.values() for call in calls)))
            following: dict[type[Observation], tuple[Call, ...]] = {}
            for kind, calls in asked.items():
                try:
                    following[kind] = talks[kind].send(tuple(islice(answers, len(calls))))
                except StopIteration as ended:
                    seen[kind] = ended.value
                except BadInput as error:
                    raise Retryable(_odd(error)) from error
            asked = following
        return ResourceState(ref, seen)

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        """Ask the source of a finding. Its folder in `events` knows how."""
        claim = finding.claim
        if claim is None:
            raise InternalError("a finding without a claim was to be checked")
        source = import_module(f"ringfence.events.{claim.source}.claim")
        try:
            checked: Checked = self._held(source.place(finding, ref), source.check(finding, ref))
        except Retryable as error:
            if is_region(finding.region):
                raise
            return Checked(SourceAnswer(Verdict.BLINDED, f"there is no region {finding.region}: {error}"))
        return checked

    def listed(self, account: str, region: str, review: Review) -> Listed:
        """Run the listing of a review in one account and region."""
        return self._held(Ref(account, region, review.name), review.listing(account, region))

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:
        """Run the generator that finds a subject's canonical name."""
        return self._held(ref, naming(ref))

    def asked(self, account: str, region: str, talk: SansIO[R]) -> R:
        """Run any other read in one account and region. Raises AccessDenied, Retryable."""
        return self._held(Ref(account, region, "ringfence"), talk)

    def _held(self, ref: Ref, talk: SansIO[R]) -> R:
        try:
            calls = next(talk)
            while True:
                calls = talk.send(self._answers(ref, calls))
        except StopIteration as ended:
            found: R = ended.value
            return found
        except BadInput as error:
            raise Retryable(_odd(error)) from error

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:
        """Run a step. Check the permit before each round of calls.

        Raises OutcomeUnknown if a call fails after another one, or an earlier attempt of it, may have changed
        something.
        """
        talk = step.apply(names)
        made: list[_Job] = []
        try:
            calls = next(talk)
            while True:
                permit.check(ref, self.clock())
                calls = talk.send(self._answers(ref, calls, made, permit.until))
        except StopIteration as ended:
            again = sum(job.again for job in made)
            note = "; ".join(filter(None, (ended.value.note, f"{AGAIN}: {again}" if again else "")))
            return Made(ended.value.provides, note, tuple(job.request for job in made if job.request))
        except Retryable as error:
            if type(error) is Retryable and any(job.may_have_changed for job in made):
                raise OutcomeUnknown(str(error)) from error
            raise
        except BadInput as error:
            raise OutcomeUnknown(_odd(error)) from error

    def _answers(
        self,
        ref: Ref,
        calls: tuple[Call, ...],
        made: list[_Job] | None = None,
        until: datetime | None = None,
    ) -> tuple[Answer, ...]:
        """Make each call once, in parallel. Clients are created first, one after another."""
        keys = tuple(map(_key, calls)) if len(calls) > 1 else ("",) * len(calls)
        unique = dict(zip(keys, calls, strict=True))
        now = self.clock()
        jobs = [_Job(self.clients, ref, call, now, self.clock, until) for call in unique.values()]
        if made is not None:
            made.extend(jobs)
        for job in jobs:
            job.prepare()
        answers = (
            self.side_by_side([job.run for job in jobs]) if len(jobs) > 1 else [job.run() for job in jobs]
        )
        found = dict(zip(unique, cast("Sequence[Answer]", answers), strict=True))
        return tuple(found[key] for key in keys)


def _odd(error: BadInput) -> str:
    """Say what a response of AWS lacks. The event is valid, and the next response may be."""
    return f"a response of AWS cannot be used: {error}"


def _key(call: Call) -> str:
    return _IN_ORDER.encode(vars(call))


@dataclass(eq=False, repr=False)
class _Job:
    """One call. It is not sent when the lease ends at `until`."""

    clients: Clients
    ref: Ref
    call: Call
    now: datetime
    clock: Clock
    until: datetime | None = None
    request: str = ""
    again: int = 0
    answered: bool = False
    made: list[object] = field(default_factory=list)

    def prepare(self) -> None:
        """Create the client. Parsing service models in parallel threads is slower than one after another."""
        single = self.call.single_attempt
        ref = replace(self.ref, region=self.call.region) if self.call.region else self.ref
        self.made.append(self.clients.client(ref, self.call.service, single_attempt=single))

    @property
    def may_have_changed(self) -> bool:
        """Whether it is a change that was made, or one that the transport sent more than once."""
        return not self.call.operation.startswith(_READS) and (self.answered or self.again > 0)

    def run(self) -> Answer:
        with until(self.until, self.clock) if self.until else nullcontext():
            return self._run()

    def _run(self) -> Answer:
        client, call, parameters = self.made[-1], self.call, at(self.call.parameters, self.now)
        name = xform_name(call.operation)
        what = f"{call.service}:{call.operation}"
        with raised(what):
            try:
                if call.most:
                    parameters = {**parameters, "PaginationConfig": {"MaxItems": call.most}}
                if call.pages:
                    answer = _paginator(client, name).paginate(**parameters).build_full_result()
                else:
                    answer = getattr(client, name)(**parameters)
            except ClientError as error:
                self.request, self.again = _request(error.response), _again(error.response)
                if failed := call.failed(code_of(error), message_of(error)):
                    return failed
                raise
        if not isinstance(answer, dict):
            raise InternalError(f"{what} answered with a {type(answer).__name__}")
        self.request, self.again, self.answered = _request(answer), _again(answer), True
        return Document.of(answer, what)


@lru_cache(maxsize=64)
def _paginator(client: BaseClient, name: str) -> Paginator[Any]:
    """Return a paginator of a client. botocore makes a class for each one, which takes as long as a page."""
    return client.get_paginator(name)


def _again(answer: object) -> int:
    meta = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    return int(meta.get("RetryAttempts", 0))


def _request(answer: object) -> str:
    meta = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    return str(meta.get("RequestId", ""))
