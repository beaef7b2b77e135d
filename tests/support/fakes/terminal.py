"""An operator's terminal: the command line on a site in memory, through its API or directly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from ringfence.aws.caller import Caller
from ringfence.cli.main import main
from ringfence.cli.operator_client import DirectOperatorClient, HttpOperatorClient
from ringfence.cli.operator_command import Environment
from tests.support.fakes.gateway import Gateway
from tests.support.fakes.site import KIM, Site
from tests.support.json_forms import check
from tests.support.worlds import REF

if TYPE_CHECKING:
    from click.testing import Result

    from ringfence.cli.operator_client import Http, OperatorClient
    from ringfence.cli.operator_command import CommandOptions


class Terminal:
    """Time passes while the command waits, and with it the second queue is worked off.

    `colours`: it is one that shows them. `interactive`: somebody can be asked. `wire` carries requests to
    the site's API. `interrupted_after`: Ctrl-C comes once so many seconds were waited.
    """

    def __init__(self, site: Site, *, interactive: bool = True, colours: bool = False) -> None:
        self.environment: dict[str, str | None] = {"COLUMNS": "160", "XDG_CONFIG_HOME": "/nonexistent"}
        self.environment["FORCE_COLOR"] = "1" if colours else None
        self.site = site
        self.gateway = Gateway(site)
        self.wire: Http = self.gateway
        self.interactive = interactive
        self.region = REF.region
        self.waited = 0.0
        self.interrupted_after = float("inf")

    def __call__(self, *words: str, answer: str = "") -> Result:
        outside = Environment(
            caller=lambda: Caller(REF.account, KIM),
            region=lambda: self.region,
            client=self.door,
            catalogue=lambda: self.site.desk.catalogue,
            interactive=lambda: self.interactive,
            clock=lambda: self.waited,
            sleep=self.sleep,
            now=self.site.clock,
        )
        done = CliRunner(env=self.environment).invoke(main, words, input=answer, obj=outside)
        check(words, done.stdout)
        return done

    def door(self, wish: CommandOptions) -> OperatorClient:
        if not wish.direct:
            return HttpOperatorClient(self.wire)
        site = self.site
        return DirectOperatorClient(
            site.ports(""), KIM, site.desk.policy, site.desk.catalogue, site.find, site.listed
        )

    def sleep(self, seconds: float) -> None:
        if self.waited >= self.interrupted_after:
            raise KeyboardInterrupt
        self.waited += seconds
        self.site.clock.tick(seconds=seconds)
        self.site.go_on()
