"""Custom actions of Security Hub CSPM in memory. Each call is held to botocore's model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied
from tests.support.fakes.conversations import model
from tests.support.laws.permissions import check

if TYPE_CHECKING:
    from ringfence.model.call import Answer, Call, Failed, SansIO

ACCOUNT, REGION = "111122223333", "eu-west-1"


@dataclass
class ActionTargets:
    """The actions of an account by their ARNs.

    `on`: whether Security Hub CSPM is enabled. `full`: whether it refuses more actions. `denied`: whether IAM
    denies every call. `races` are actions that somebody else creates just before the next creation.
    """

    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    on: bool = True
    full: bool = False
    denied: bool = False
    races: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def ask(self, talk: SansIO[str]) -> str:
        """Make the calls of a generator."""
        try:
            calls = next(talk)
            while True:
                calls = talk.send(tuple(map(self._answer, calls)))
        except StopIteration as ended:
            found: str = ended.value
            return found

    def _answer(self, call: Call) -> Answer:
        check(call)
        self.calls.append(call)
        if self.denied:
            raise AccessDenied(f"not allowed: {call.operation}", f"securityhub:{call.operation}")
        asked: dict[str, Any] = dict(call.parameters)
        code = "" if self.on else "InvalidAccessException"
        code = code or getattr(self, f"_{call.operation}")(asked)
        if not code:
            return Document.of({})
        known = {one.name for one in model("securityhub").operation_model(call.operation).error_shapes}
        assert code in known
        return call.failed(code, "AWS says why") or self._unhandled(code)

    def _unhandled(self, code: str) -> Failed:
        raise AssertionError(f"{code} is not handled")

    def _CreateActionTarget(self, asked: dict[str, Any]) -> str:  # noqa: N802 - the API's name
        arn = f"arn:aws:securityhub:{REGION}:{ACCOUNT}:action/custom/{asked['Id']}"
        if self.races:
            self.held[self.races.pop()] = {}
        if arn in self.held:
            return "ResourceConflictException"
        assert not self.full, "a full account was asked to create one"
        self.held[arn] = {name: asked[name] for name in ("Name", "Description")}
        return ""

    def _UpdateActionTarget(self, asked: dict[str, Any]) -> str:  # noqa: N802 - the API's name
        arn = asked.pop("ActionTargetArn")
        if arn not in self.held:
            return "ResourceNotFoundException"
        self.held[arn].update(asked)
        return ""

    def _DeleteActionTarget(self, asked: dict[str, Any]) -> str:  # noqa: N802 - the API's name
        missing = asked["ActionTargetArn"] not in self.held
        self.held.pop(asked["ActionTargetArn"], None)
        return "ResourceNotFoundException" if missing else ""
