"""What the self-check finds: problems, each with what a person does about it."""

from __future__ import annotations

from enum import Enum

from ringfence.model.frozen import frozen


class Standing(Enum):
    """How a problem stands. Neither of them is a pass."""

    FAULT = "fault"
    """It was read, and it is not as declared."""
    UNKNOWN = "unknown"
    """It could not be read."""


@frozen
class Problem:
    """One thing that is not as declared, or that is unknown.

    Attributes
    ----------
    standing : Standing
        Whether it was read.
    account, region, stack : str
        Where it is.
    resource : str
        What it is: a noun and a name, for example `rule Ringfence-Response-ContainInstanceRule1…`.
    aspect : str
        Which of its settings, for example `state`.
    words : str
        What was found and what is declared.
    remedy : str
        What to do, as a command where there is one.
    denied : tuple of str
        The actions that IAM denied, if that is why a resource could not be read.
    """

    standing: Standing
    account: str
    region: str
    stack: str
    resource: str
    aspect: str
    words: str
    remedy: str
    denied: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str]:
        """Return it for machines."""
        return {
            "standing": self.standing.value,
            "account": self.account,
            "region": self.region,
            "stack": self.stack,
            "resource": self.resource,
            "aspect": self.aspect,
            "problem": self.words,
            "remedy": self.remedy,
        }


@frozen
class Report:
    """The result of a self-check: how many resources of each noun were compared, and every problem."""

    compared: tuple[tuple[str, int], ...]
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether everything was read and is as declared."""
        return not self.problems

    def with_problems(self, more: tuple[Problem, ...]) -> Report:
        """Return the report with more problems."""
        return Report(self.compared, (*self.problems, *more))

    def of(self, standing: Standing) -> tuple[Problem, ...]:
        """Return the problems that stand so."""
        return tuple(one for one in self.problems if one.standing is standing)

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "sound": self.sound,
            "compared": dict(self.compared),
            "problems": [one.as_json() for one in self.problems],
        }
