"""The home account and region: where Ringfence is deployed, and whose credentials are used there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import botocore.session

from ringfence.aws.caller import caller, configured
from ringfence.aws.failures import raised
from ringfence.aws.sessions import config, own_client
from ringfence.aws.sessions import session as own_session
from ringfence.model.errors import BadInput, RingfenceError

if TYPE_CHECKING:
    from botocore.client import BaseClient


@dataclass(frozen=True)
class HomePlace:
    """Where Ringfence is deployed. Empty fields mean the person's own login.

    Attributes
    ----------
    account : str
        The home account. It is named in errors, and compared if something is missing.
    region : str
        The home region.
    profile : str
        The profile of the AWS configuration whose credentials are used there.
    source : str
        Where these values come from, in words.
    """

    account: str = ""
    region: str = ""
    profile: str = ""
    source: str = ""

    def client(self, service: str) -> BaseClient:
        """Return a client for the home account and region. Raises BadInput if it cannot be created."""
        with configured():
            if not (self.region or self.profile):
                made, session = own_client(service), own_session()
            else:
                session = self.session()
                made = _client(session, service, self.region)
            if session.get_credentials() is None:
                raise BadInput("AWS credentials", "are missing: set AWS_PROFILE or log in")
        return made

    def session(self) -> botocore.session.Session:
        """Return a session with the credentials for the home account."""
        with configured():
            return _session(self.profile) if self.profile else own_session()

    def owner(self) -> str:
        """Return the home account: the configured one, or that of the login. Raises as `caller` does."""
        return self.account or (self._identity() if self.profile else caller().account)

    def _identity(self) -> str:
        client = self.client("sts")
        with raised("sts:GetCallerIdentity"):
            return str(client.get_caller_identity()["Account"])  # type: ignore[attr-defined]  # made at run time

    def searched(self) -> str:
        """Return which account and region the credentials lead to, and what says the region, in words."""
        return self._place(self._account())

    def not_deployed(self, stack: str) -> str:
        """Return that a stack does not exist there, and the one thing to do, in words."""
        account = self._account()
        return (
            f"Ringfence is not deployed in {self._place(account)}: no stack {stack}. {self._advice(account)}"
        )

    def _account(self) -> str:
        try:
            return self._identity()
        except RingfenceError as error:
            return f"(unknown: {error})"

    def _place(self, account: str) -> str:
        if self.region:
            return f"account {account}, region {self.region} (the home region that is set)"
        region = self.session().get_config_variable("region") or "(none)"
        names = ("AWS_REGION", "AWS_DEFAULT_REGION")
        source = next((name for name in names if os.environ.get(name)), "the AWS configuration")
        return f"account {account}, region {region} (from {source})"

    def _advice(self, account: str) -> str:
        parts = (("account", self.account), ("region", self.region), ("profile", self.profile))
        home = ", ".join(f"{name} {given}" for name, given in parts if given)
        if not home:
            return "Set --home-region to the region in which it is, and --home-profile for another account"
        configured = f"The configured home is {home} ({self.source})"
        if self.account and self.account != account:
            return f"{configured}. These credentials are of another account: set --home-profile"
        if not self.region:
            return f"{configured}. Set --home-region to the region in which it is"
        return f"{configured}: correct it"


@cache
def _session(profile: str) -> botocore.session.Session:
    return botocore.session.Session(profile=profile)


@cache
def _client(session: botocore.session.Session, service: str, region: str) -> BaseClient:
    return session.create_client(service, region_name=region or None, config=config())
