"""The options of `ringfence iam generate` that belong together, and the file of the present policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.iam_history import days_of
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.subject import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_DAYS = 90


@frozen
class Source:
    """What a policy is generated from. No option is left out without a word."""

    paths: tuple[str, ...]
    principal: str | None
    trail: str | None
    role: str | None
    days: int | None
    environment: str | None
    services: tuple[str, ...]
    regions: tuple[str, ...]

    def check(self) -> None:
        """Raise BadInput if options are missing, or do not go together."""
        if self.environment:
            self._check_environment()
        elif not self.trail and not self.paths:
            told = "must be given, or --access-analyzer, or --environment with --services"
            raise BadInput("--from-cloudtrail", told)
        elif not self.age:
            self._need("--environment or an age in --from-cloudtrail", {"--regions": self.regions})
        if not self.trail:
            self._need("--access-analyzer", {"--access-role": self.role, "--days": self.days})
        elif self.services:
            raise BadInput("--services", "cannot be combined with --access-analyzer")
        for one in self.regions:
            if not REGION.fullmatch(one):
                raise BadInput("--regions", "must be regions such as eu-west-1", one)

    @property
    def age(self) -> int | None:
        """How many days of the event history are read. None: none is. Raises BadInput."""
        return days_of(self.paths, self.principal)

    def _check_environment(self) -> None:
        if self.trail:
            raise BadInput("--access-analyzer", "cannot be combined with --environment")
        if not self.services:
            raise BadInput("--services", "is required by --environment")
        if not self.paths:
            self._need("--from-cloudtrail", {"--principal": self.principal})

    @staticmethod
    def _need(option: str, others: Mapping[str, object]) -> None:
        for name, given in others.items():
            if given:
                raise BadInput(name, f"needs {option}")


def present(path: Path) -> Mapping[str, object]:
    """Return the policy in the file of --compare. Raises BadInput that names the file and the place."""
    from ringfence.cli.reading import text_of
    from ringfence.events.envelope import parse_json
    from ringfence.privileges.present import present_policy

    text = text_of("--compare", path)
    try:
        return present_policy(parse_json(text))
    except BadInput as error:
        raise BadInput("--compare", f"{path}: {error}") from error
