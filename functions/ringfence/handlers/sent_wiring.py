"""The service for sent findings, put together from the environment of its function."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING

from ringfence.aws.identity import Sts, sts_endpoint
from ringfence.engine.pauses import home_of
from ringfence.engine.refusals import record_refusal
from ringfence.handlers import wiring
from ringfence.handlers.operator_callers import CallerCheck
from ringfence.handlers.sent_findings import SentFindings
from ringfence.handlers.sent_routes import INTAKE_QUEUE
from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.signed_identity import SignedIdentity


class _NeverUsed:
    """No proof is used up: a finding that is sent twice is the same finding."""

    def use(self, identity: SignedIdentity, now: datetime) -> None:
        """Never called."""
        raise InternalError(f"a proof of {identity.date} was to be used up at {now}")


@cache
def caller_check() -> CallerCheck:
    """Return the check of senders of this process."""
    region = os.environ["AWS_REGION"]
    sts = Sts(sts_endpoint(region, os.environ.get("AWS_ENDPOINT_URL", "")), region)
    return CallerCheck(sts, _NeverUsed(), wiring.now)


@cache
def sent_findings() -> SentFindings:
    """Return the service of this process."""
    policy, settings = wiring.policy(), wiring.settings()
    intake = wiring.queue(os.environ[INTAKE_QUEUE])
    record = partial(record_refusal, wiring.warm(), home_of(policy.own.home))
    return SentFindings(policy, wiring.seals(settings.record_keys).keys, intake.send, record)
