"""The output of the credentials demo, and its order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from ringfence.cli.demo_view import View
from ringfence.cli.incident_views import GOOD, plain
from ringfence.cli.sheets import Sheet
from ringfence.runbooks.contain_credentials import CONTAIN_CREDENTIALS

if TYPE_CHECKING:
    from ringfence.local.credentials_demo import CredentialEnding, CredentialScene

WORDS = "An access key has leaked. This demo shows how Ringfence responds."


class CredentialView(View):
    """The parts of the demo about keys and sessions."""

    def holder(self, scene: CredentialScene) -> None:
        """Print the user."""
        holder = scene.holder
        self._print(
            Text(f"{holder.name}  a user with two access keys; it may assume role {holder.role}"), indent=4
        )
        self._print(
            Text(
                f"{holder.leaked.key}  leaked: an intruder started a user session and a role session with it"
            ),
            indent=4,
        )
        self._print(Text(f"{holder.other.key}  the other key, which production uses"), indent=4)

    def tried(self, scene: CredentialScene, ending: CredentialEnding) -> None:
        """Print the responses of AWS before and after."""
        rows = []
        for what, then in scene.before.items():
            now = ending.after[what]
            same = "dim" if then == now else ""
            rows.append((what, plain(then, same), plain(now, same or "bold")))
        self.report["before"], self.report["after"] = dict(scene.before), dict(ending.after)
        self._title("Before and after, as AWS responds")
        self.sheet(Sheet(("", "before", "after"), rows, folded=frozenset(range(3))))

    def verdict(self, scene: CredentialScene, ending: CredentialEnding) -> None:
        """Print the result."""
        self.console.print()
        if not ending.missing:
            text = f"{scene.holder.leaked.key} is deactivated, {scene.holder.other.key} works."
            self._print(Text(f"{self.marks.good} {text}", style=f"bold {GOOD}"), indent=0)
            words = "It is not contained: a person must close or review what is still open to an intruder."
            self._print(Text(words, style="dim"))
            self.console.print()
            return
        self.missing(ending.missing)


def told(view: CredentialView, scene: CredentialScene) -> CredentialEnding:
    """Run the scenario from the finding to the result."""
    view.holder(scene)
    finding = scene.finding()
    view.finding(finding)
    sent = datetime.now(UTC)
    with view.progress(sent) as shown:
        for row in scene.play(finding):
            shown(row)
    with view.doing("making the same calls again"):
        ending = scene.end()
    view.timeline(sent, datetime.now(UTC), CONTAIN_CREDENTIALS)
    view.chain(ending)
    view.tried(scene, ending)
    view.exposure(ending)
    view.verdict(scene, ending)
    return ending
