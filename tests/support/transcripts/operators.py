"""Transcripts of the commands that call the API."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.aws.dead_letters import DeadLetter
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.handlers.dead_letters import DeadLetterService
from ringfence.handlers.pauses import PauseService
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approvals import approvals
from ringfence.record.chain import ChainKey
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support import pauses
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.limited import Limited
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.site import OTHER, POLICY, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.transcripts.printing import here, masked, screen, transcript
from tests.support.worlds import NOON, REF, finding, instance, order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.transcripts.printing import View

ENDING = re.compile(r"-[0-9a-f]{10}\b")
"""The end of an incident's id, which depends on the request."""
ASK = Decision(Mode.APPROVE, "policy rule 1 sets mode approve", "rule 1", DecisionCode.POLICY)
REASON = ("--reason", "a drill")
LIMIT = "overall/hour"
PAUSE = (r"pause-[0-9a-f]{8}", "pause-01234567")
"""The id of a pause depends on the request."""


def operator_command(prepare: Callable[[Site], str], *words: str, site: Callable[[], Site] = Site) -> View:
    """Return the transcript of a command that calls the API of a site. `{}` is what `prepare` returns."""

    def shown(width: int | None) -> str:
        made = site()
        given = prepare(made)
        terminal = Terminal(made)
        terminal.environment |= screen(width)
        with here():
            line = [one.format(given) for one in words]
            done = terminal(*line, answer="y\n")
        return ENDING.sub("-0123456789", transcript(done.output, line, width))

    return shown


def drifted(site: Site) -> str:
    """Contain the instance, and let somebody change the groups of an interface."""
    incident = site.contain()
    site.move("sg-other")
    return incident


def nothing(site: Site) -> str:
    """Prepare nothing."""
    del site
    return ""


def asked(site: Site) -> str:
    """Let a plan wait, and a worse one about another instance. Return the first incident."""
    severe = finding("f-2", severity=9.1, type="CryptoCurrency:EC2/BitcoinTool.B", title="it mines coins")
    for number, (ref, received) in enumerate(((REF, finding()), (OTHER, severe))):
        site.cloud = MemoryCloud(instance(), site.clock)
        given = order(site.clock(), attempt=f"a-{number}", decision=ASK, received=received, runbook=RUNBOOK)
        Engine(site.ports("")).respond(replace(given, ref=ref))
        site.clock.tick(minutes=20)
    return site.log.read(ChainKey(RUNBOOK.id, REF.key)).incident


def answered(site: Site) -> str:
    """Let a plan wait, and approve it."""
    incident = asked(site)
    Terminal(site)("approve", incident, "--yes")
    return incident


def reached(site: Site) -> str:
    """Let a plan wait behind a limit."""
    assert isinstance(site, Limited)
    site.reach()
    site.clock.tick(minutes=5)
    return approvals(site.log.read(ChainKey(RUNBOOK.id, OTHER.key)).entries)[-1].id


def pausing() -> Site:
    """Return a site that can be paused."""
    site = Site()
    keeper = pauses.keeper(site.log, site.clock, site.cloud)
    site.desk = replace(site.desk, pauses=PauseService(keeper, CATALOGUE, POLICY))
    return site


def paused(site: Site) -> str:
    """Pause a runbook."""
    changed = pauses.paused(site.log, site.clock, site.cloud, runbook="harden-bucket")
    assert changed.pause
    return changed.pause.id


class Letters:
    """Two dead letters of one queue."""

    def waiting(self, queue: str) -> tuple[DeadLetter, ...]:
        """Return the messages of a queue."""
        if queue != "ringfence-contain-instance":
            return ()
        body = (
            '{"detail-type": "GuardDuty Finding", "account": "111122223333", "region": "eu-west-1", '
            '"detail": {"type": "Backdoor:EC2/C&CActivity.B"}}'
        )
        ids = ("5c1f3b0e-7d52-4a0a-9f0e-1d2c3b4a5f60", "8a7b6c5d-4e3f-4210-8fed-cba987654321")
        return tuple(
            DeadLetter(id_, NOON + timedelta(minutes=number), body, id_) for number, id_ in enumerate(ids)
        )

    def put_back(self, queue: str, letter: DeadLetter) -> None:
        """Send a message again."""
        del queue, letter


def with_letters() -> Site:
    """Return a site with dead letters."""
    site = Site()
    ports = Ports(site.cloud, site.log, site.clock, in_turn)
    letters = DeadLetterService(CATALOGUE, Letters(), ports, pauses.HOME)
    site.desk = replace(site.desk, letters=letters)
    return site


VIEWS: Mapping[str, View] = {
    "run": operator_command(nothing, "run", RUNBOOK.id, REF.id, "--reason", "it beacons"),
    "run-dry": operator_command(nothing, "run", RUNBOOK.id, REF.id, "--dry-run", "--reason", "a look"),
    "release-refused": operator_command(drifted, "release", "{}", *REASON),
    "recheck": operator_command(drifted, "incidents", "recheck", "{}"),
    "release": operator_command(lambda site: site.contain(), "release", "{}", *REASON),
    "approvals": operator_command(asked, "approvals"),
    "approvals-none": operator_command(nothing, "approvals"),
    "approvals-incident": operator_command(asked, "approvals", "{}"),
    "approvals-answered": operator_command(answered, "approvals", "{}"),
    "approve": operator_command(asked, "approve", "{}", *REASON),
    "approve-together": operator_command(reached, "approve", "--breaker", LIMIT, *REASON, site=Limited),
    "reject": operator_command(asked, "reject", "{}", *REASON),
    "limits": operator_command(reached, "limits", site=Limited),
    "limits-all": operator_command(nothing, "limits", "--all", site=Limited),
    "limits-reset": operator_command(reached, "limits", "reset", LIMIT, *REASON, site=Limited),
    "pause": masked(operator_command(nothing, "pause", "--for", "30m", *REASON, site=pausing), PAUSE),
    "pauses": masked(operator_command(paused, "pauses", site=pausing), PAUSE),
    "resume": masked(operator_command(paused, "resume", "{}", *REASON, site=pausing), PAUSE),
    "dead-letters-list": operator_command(nothing, "dead-letters", "list", site=with_letters),
    "dead-letters-replay": operator_command(
        nothing, "dead-letters", "replay", "contain-instance", *REASON, site=with_letters
    ),
}
"""The views, by the names of their files."""
