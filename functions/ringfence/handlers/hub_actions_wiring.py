"""What creates custom actions of Security Hub, put together from the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ringfence.aws.cloud import AwsCloud
from ringfence.aws.custom_resource import put
from ringfence.aws.sessions import OwnClients
from ringfence.handlers import wiring
from ringfence.handlers.hub_actions import HubActions
from ringfence.handlers.threads import Threads

if TYPE_CHECKING:
    from ringfence.model.call import SansIO


def hub_actions(function_arn: str) -> HubActions:
    """Return what answers CloudFormation, in the account and region of the function itself."""
    _, _, _, region, account, *_ = function_arn.split(":")
    cloud = AwsCloud(OwnClients(), wiring.now, Threads("ringfence-call", 1))

    def ask(talk: SansIO[str]) -> str:
        return cloud.asked(account, region, talk)

    def send(url: str, document: dict[str, str]) -> None:
        put(url, document, os.environ.get("AWS_ENDPOINT_URL", ""))

    return HubActions(account, region, ask, send)
