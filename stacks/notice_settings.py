"""Where notices go besides their topic: routes to other topics, and chat channels with buttons."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import notice_roles
from ringfence.record.notices.chat import ANSWERS, APPROVE, REJECT
from ringfence.record.notices.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.record.notices.routes import Route

ROUTES = "notices_routes"
NAMES = (ROUTES, "chat_slack", "chat_teams", "chat_role", "chat_buttons")
"""The context values."""
_ROLE = re.compile(r"[\w+=,.@-]+(/[\w+=,.@-]+)*", re.ASCII)
_UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_SLACK = re.compile(r"[0-9A-Z]{1,255}/[A-Za-z0-9]{1,255}")
_TEAMS = re.compile(rf"{_UUID}/{_UUID}/[\w=+.,%-]{{1,255}}", re.ASCII)
"""The forms that Amazon Q accepts.

https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateTeamsChannelConfiguration.html
"""


@dataclass(frozen=True)
class NoticeSettings:
    """Routes and chat channels.

    Parameters
    ----------
    routes
        The routes. Each one has its own topic.
    slack
        The workspace and the channel in Slack. Empty for none.
    teams
        The tenant, the team and the channel in Microsoft Teams. Empty for none.
    role
        The name of the role, with its path, whose members answer with buttons. Empty: there are no buttons.
    buttons
        The buttons.

    """

    routes: tuple[Route, ...] = ()
    slack: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    role: str = ""
    buttons: tuple[str, ...] = ()

    @property
    def has_chat(self) -> bool:
        """Whether there is a chat channel."""
        return bool(self.slack or self.teams)

    @property
    def is_needed(self) -> bool:
        """Whether notices go anywhere besides their topic."""
        return bool(self.routes or self.has_chat)

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of Ringfence's own roles for this."""
        return notice_roles(routes=self.is_needed, chat=self.has_chat, buttons=bool(self.role))


def notice_settings(context: Callable[[str], object]) -> NoticeSettings:
    """Read the context. Raises BadInput that names the context value."""
    slack, teams, role, buttons = (str(context(name) or "") for name in NAMES[1:])
    if role and not (slack or teams):
        raise BadInput("chat_role", "needs a channel: set chat_slack or chat_teams", role)
    if buttons and not role:
        raise BadInput("chat_buttons", "needs chat_role: the role whose members answer", buttons)
    if role and not _ROLE.fullmatch(role):
        raise BadInput("chat_role", "must be the name of a role such as approvers or ops/approvers", role)
    return NoticeSettings(
        _routes(context(ROUTES)),
        _channel("chat_slack", slack, _SLACK, "WORKSPACE/CHANNEL, by their ids"),
        _channel("chat_teams", teams, _TEAMS, "TENANT/TEAM/CHANNEL, by their ids"),
        role,
        _buttons(buttons) if role else (),
    )


def with_roles(own: object, roles: tuple[str, ...]) -> dict[str, object]:
    """Return the names of the deployment's own roles, with those of optional functions."""
    document = Document.of(own, "own")
    at_home = (*document.texts("at_home"), *roles)
    return {**document.value, "at_home": list(at_home)}


def _routes(given: object) -> tuple[Route, ...]:
    """Read routes: a list, or its JSON."""
    try:
        found = json.loads(given) if isinstance(given, str) and given else given
    except ValueError as error:
        raise BadInput(ROUTES, "must be a list of routes, or its JSON", given) from error
    return routes_of(Document({ROUTES: found or None}), ROUTES)


def _channel(name: str, given: str, form: re.Pattern[str], words: str) -> tuple[str, ...]:
    if given and not form.fullmatch(given):
        raise BadInput(name, f"must be {words}", given)
    return tuple(given.split("/")) if given else ()


def _buttons(given: str) -> tuple[str, ...]:
    found = tuple(given.replace(",", " ").split()) or (APPROVE, REJECT)
    for one in found:
        if one not in ANSWERS:
            raise BadInput("chat_buttons", f"must be of {', '.join(ANSWERS)}", one)
    return tuple(one for one in ANSWERS if one in found)
