"""The response stack: a pipeline for each runbook, and the operator API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, Stack

from ringfence.runbooks.catalogue import CATALOGUE
from stacks import forward
from stacks.approvals import Approvals
from stacks.functions import Settled
from stacks.heartbeat import Heartbeat
from stacks.keys import encryption_key, used_by
from stacks.operator_api import OperatorApi
from stacks.pipeline import Pipeline

if TYPE_CHECKING:
    from aws_cdk import Environment
    from constructs import Construct

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.settings import Settings


class ResponseStack(Stack):
    """The functions that respond to events and operators."""

    def __init__(  # noqa: PLR0913 - a stack's own parameters beside the CDK's
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        settings: Settings,
        bundle: Bundle,
        audit: AuditStack,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: responses to findings and operators")
        self.key = key = encryption_key(
            self, "ringfence-response", "Ringfence's queues and function logs", RemovalPolicy.RETAIN
        )
        used_by(key, "events.amazonaws.com", self.account)
        settled = Settled(self, bundle.code(), key)
        self.door = door = OperatorApi(self)
        self.pipelines = [
            Pipeline(self, runbook, settled=settled, audit=audit, settings=settings, api=door.api.http_api_id)
            for runbook in CATALOGUE.values()
        ]
        Approvals(self, settled=settled, pipelines=self.pipelines)
        forward.let_in(self, settings)
        Heartbeat(self, settled=settled, audit=audit, settings=settings)
        door.begin(settled=settled, audit=audit, settings=settings, pipelines=self.pipelines)
