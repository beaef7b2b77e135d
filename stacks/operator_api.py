"""The operator API: an HTTP API with IAM authorization, and its function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from ringfence.aws.dead_letters import SUFFIX
from ringfence.aws.notice import TOPIC
from ringfence.aws.record_keys import RECORD_KEYS
from ringfence.handlers.managed_policies import CALLERS
from ringfence.handlers.operator_routes import PATHS
from ringfence.handlers.operator_types import ARCHIVE, CHAT_ROLE, QUEUES
from ringfence.model.resource_names import OPERATE, acting_roles
from ringfence.record.pauses import PAUSE
from ringfence.record.slots import REPLAYS, RESETS
from stacks import needs
from stacks.alarms import Alarms
from stacks.functions import FULL_CORE, Handler, Settled, function, log_group, role
from stacks.http_api import http_api, route_arn, serve
from stacks.names import prefixed, role_arn
from stacks.people import callers
from stacks.times import OPERATE_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.audit import AuditStack
    from stacks.pipeline import Pipeline
    from stacks.settings import Settings


class OperatorApi(Construct):
    """The API allows only callers that IAM permits, and passes their identity to the function.

    It is created first, because rules of the pipelines name it. `begin` gives it what it needs of them.
    """

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Door")
        self.api = http_api(self, OPERATE, "manual runs and releases")

    def route_arn(self, path: str) -> str:
        """Return the ARN by which IAM permits a route."""
        return route_arn(self.api, path)

    def begin(
        self,
        *,
        settled: Settled,
        audit: AuditStack,
        settings: Settings,
        pipelines: Sequence[Pipeline],
    ) -> None:
        """Create the function and the routes to it."""
        self.settled = settled
        group = log_group(self, "Logs", settled.key)
        self.role = role(
            self,
            OPERATE,
            needs.OPERATE,
            {
                "provided": (),
                "runbook": (*(one.runbook.id for one in pipelines), PAUSE, RESETS, REPLAYS),
                "roles": tuple(role_arn("*", name) for name in acting_roles()),
                "accounts": settings.accounts,
                "audit_table": audit.audit_table.table_arn,
                "control_table": audit.control_table.table_arn,
                "archive": audit.archive.bucket_arn,
                "audit_key": audit.key.key_arn,
                "record_keys": audit.record_keys,
                "queue_key": settled.key.key_arn,
                "topic": audit.notices.topic_arn,
                "continuations": tuple(one.second.main.queue_arn for one in pipelines),
                "own_queues": _queues(self, "*"),
                "dead_letters": _queues(self, f"*{SUFFIX}"),
                "logs": group.log_group_arn,
            },
        )
        self.function = function(
            Settled(self, settled.code, settled.key),
            Handler(
                OPERATE,
                "operate.handler",
                "Ringfence: manual runs and releases",
                OPERATE_TIMEOUT,
                FULL_CORE,
                {
                    "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
                    "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
                    ARCHIVE: audit.archive.bucket_name,
                    RECORD_KEYS: " ".join(audit.record_keys),
                    TOPIC: audit.notices.topic_arn,
                    QUEUES: Stack.of(self).to_json_string(
                        {one.runbook.id: one.second.main.queue_url for one in pipelines}
                    ),
                    **_chat(settings),
                },
            ),
            self.role,
            group,
        )
        serve(self, self.api, (OPERATE, self.function), PATHS, settled.key)
        CfnOutput(Stack.of(self), "OperateUrl", value=self.api.api_endpoint)
        self._people(mfa=settings.require_mfa)
        Alarms(self, audit.notices).errors(OPERATE, self.function)

    def _people(self, *, mfa: bool) -> None:
        """Create the managed policies for callers of the API, attached to nobody."""
        for one in CALLERS:
            callers(self, one, [self.route_arn(path) for path in one.routes], mfa=mfa)


def _chat(settings: Settings) -> dict[str, str]:
    """Return the variable with the role that answers in chat, if there is one."""
    name = settings.notices.role
    return {CHAT_ROLE: role_arn(settings.home, name)} if name else {}


def _queues(scope: Construct, names: str) -> str:
    """Return a pattern for the ARNs of Ringfence's queues here."""
    return Stack.of(scope).format_arn(service="sqs", resource=prefixed(names))
