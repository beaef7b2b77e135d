"""The custom actions of Security Hub CSPM as resources of CloudFormation, which has no type for them.

CloudFormation invokes the function of a custom resource, and waits for a document at a URL. The physical id
of an action is its ARN. An action that exists already is taken over: somebody may have created it with the
command line, or an earlier attempt may have created it without an answer.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.events.fields import formatted
from ringfence.events.security_hub.actions import ACTION_ID, ACTIONS, ARN, OWN, CustomAction
from ringfence.handlers.logs import logger
from ringfence.model.call import Call, Failed
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Refused, RingfenceError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.call import SansIO

NOT_CREATED = "ringfence-action-not-created"
"""The physical id of a resource whose creation failed. CloudFormation then deletes it: there is nothing."""
MOST_WORDS = 1000
"""Characters of a reason. The whole answer may have 4,096 bytes."""
NOT_USED = "InvalidAccessException"
"""The answer of an account and region without Security Hub CSPM."""
_MISSING, _EXISTS = "ResourceNotFoundException", "ResourceConflictException"


class Kind(StrEnum):
    """What CloudFormation asks for."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


@frozen
class Request:
    """One request of CloudFormation.

    Attributes
    ----------
    kind : Kind
        What is asked for.
    url : str
        Where the answer goes.
    held : str
        The physical id of the resource. Empty before it is created.
    properties : Document
        The properties of the resource.
    echoed : tuple of pairs of str
        What the answer repeats.
    """

    kind: Kind
    url: str
    held: str
    properties: Document
    echoed: tuple[tuple[str, str], ...]

    def answer(self, physical_id: str, error: str = "") -> dict[str, str]:
        """Return the answer: success, or failure with its reason."""
        status = {"Status": "FAILED", "Reason": error[:MOST_WORDS]} if error else {"Status": "SUCCESS"}
        return {**status, "PhysicalResourceId": physical_id, **dict(self.echoed)}


def request_of(event: object) -> Request:
    """Read an invocation. Raises BadInput for one that CloudFormation does not send."""
    given = Document.of(event)
    kind = given.text("RequestType")
    if kind not in set(Kind):
        raise BadInput("RequestType", f"must be one of {', '.join(Kind)}", kind)
    return Request(
        Kind(kind),
        given.text("ResponseURL"),
        given.optional_text("PhysicalResourceId") or "",
        given.optional_child("ResourceProperties"),
        tuple((name, given.text(name)) for name in ("StackId", "RequestId", "LogicalResourceId")),
    )


def established(action: CustomAction, account: str, region: str) -> SansIO[str]:
    """Create an action, or change the one that exists. Return its ARN. Raises Refused.

    The change comes first: an account has at most 50 actions, and a full one refuses to create any.
    """
    arn = action.arn(account, region)
    words = {"Name": action.name, "Description": action.description}
    update = _call("UpdateActionTarget", {"ActionTargetArn": arn, **words}, _MISSING)
    create = _call("CreateActionTarget", {"Id": action.id, **words}, _EXISTS)
    for call in (update, create, update):
        (answer,) = yield (call,)
        if not isinstance(answer, Failed):
            return arn
        if answer.code == NOT_USED:
            raise Refused(
                f"Security Hub CSPM is not enabled in account {account} in {region}, or an organization's "
                f"policy denies it ({answer.message}). Enable it, or deploy without security_hub_actions"
            )
    raise Refused(f"the custom action {action.id} was deleted while it was created: deploy again")


def removed(held: str, account: str, region: str) -> SansIO[str]:
    """Delete the action with a physical id. Return why nothing was deleted, or nothing."""
    found = ARN.fullmatch(held)
    if found is None or not OWN.fullmatch(found["id"]):
        return f"{formatted(held)} is no custom action of Ringfence"
    if (found["account"], found["region"]) != (account, region):
        return f"{formatted(held)} is not in account {account} in {region}"
    (answer,) = yield (_call("DeleteActionTarget", {"ActionTargetArn": held}, _MISSING),)
    return f"{answer.code}: {answer.message}" if isinstance(answer, Failed) else ""


def _call(operation: str, parameters: dict[str, object], expected: str) -> Call:
    return Call("securityhub", operation, parameters, expected=(expected, NOT_USED))


@dataclass(frozen=True)
class HubActions:
    """Answers CloudFormation. `ask` makes the calls in the home account, and `put` sends an answer."""

    account: str
    region: str
    ask: Callable[[SansIO[str]], str]
    put: Callable[[str, dict[str, str]], None]

    def work(self, event: object) -> None:
        """Handle one request. Raises BadInput, and Retryable if the answer cannot be sent."""
        request = request_of(event)
        remove = request.kind is Kind.DELETE
        self.put(request.url, self._removed(request) if remove else self._established(request))

    def _established(self, request: Request) -> dict[str, str]:
        try:
            named = request.properties.text(ACTION_ID)
            if named not in ACTIONS:
                known = ", ".join(ACTIONS)
                raise BadInput(request.properties.at(ACTION_ID), f"must be one of {known}", named)
            arn = self.ask(established(ACTIONS[named], self.account, self.region))
        except RingfenceError as error:
            logger().error("the custom action was not created", extra={"error": str(error)})
            return request.answer(request.held or NOT_CREATED, str(error))
        logger().info("the custom action is there", extra={"action": arn})
        return request.answer(arn)

    def _removed(self, request: Request) -> dict[str, str]:
        """Delete an action. No failure keeps a stack from being deleted: the log says what is left."""
        try:
            left = self.ask(removed(request.held, self.account, self.region))
        except Exception as error:  # noqa: BLE001 - whatever fails, the stack must be deletable
            left = f"{type(error).__name__}: {error}"
        if left:
            logger().warning("no custom action was deleted", extra={"action": request.held, "why": left})
        return request.answer(request.held or NOT_CREATED)
