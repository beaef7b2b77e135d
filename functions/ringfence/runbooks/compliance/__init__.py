"""Controls, the requirements of frameworks, and the remediations that support them. Pure.

A remediation supports a requirement. Only an assessor can say whether you comply with it. The command line
and the documentation use this module; no function imports it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen
from ringfence.model.suggestions import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook


@frozen
class Framework:
    """A framework. A reference to its requirement is `reference`, a space and the number."""

    id: str
    name: str
    reference: str
    aliases: tuple[str, ...] = ()


FRAMEWORKS = (
    Framework("soc2", "SOC 2, Trust Services Criteria", "SOC 2", ("tsc",)),
    Framework("hipaa", "HIPAA Security Rule", "HIPAA"),
    Framework("pci", "PCI DSS 4.0", "PCI DSS 4.0", ("pci4", "pcidss")),
    Framework("iso27001", "ISO/IEC 27001:2022, Annex A", "ISO 27001:2022", ("iso",)),
    Framework("nist-800-53", "NIST SP 800-53 Rev. 5", "NIST 800-53", ("nist", "nist53r5", "nist80053r5")),
    Framework("gdpr", "GDPR, technical articles", "GDPR", ("dsgvo", "rgpd")),
    Framework("cis", "CIS AWS Foundations Benchmark 7.0", "CIS AWS 7.0", ("cis7",)),
    Framework("cis6", "CIS AWS Foundations Benchmark 6.0", "CIS AWS 6.0"),
    Framework("cis5", "CIS AWS Foundations Benchmark 5.0", "CIS AWS 5.0"),
)
"""In display order."""


@frozen
class Control:
    """A control. `requirements`: the numbers of the requirements it is mapped to, by framework id."""

    id: str
    title: str
    checks: tuple[str, ...]
    requirements: tuple[tuple[str, tuple[str, ...]], ...]

    def numbers(self, framework: Framework) -> tuple[str, ...]:
        """Return the numbers of the framework's requirements that this control is mapped to."""
        return dict(self.requirements).get(framework.id, ())


@frozen
class Means:
    """A remediation that supports a requirement, in its runbook."""

    remediation: Remediation
    runbook: str


@frozen
class Way:
    """A way to support a requirement: a control, or, without an id, a remediation that names the requirement.

    `means` are the remediations that do so. It can be empty.
    """

    id: str
    title: str
    means: tuple[Means, ...]


@frozen
class Requirement:
    """One requirement of a framework, and every known way to support it."""

    number: str
    ways: tuple[Way, ...]

    @property
    def supported(self) -> bool:
        """Whether any remediation supports it."""
        return any(way.means for way in self.ways)


def framework(name: str) -> Framework:
    """Return a framework, given its id, name or alias in any spelling. Raises BadInput."""
    wanted = _letters(name)
    for one in FRAMEWORKS:
        if wanted in {_letters(known) for known in (one.id, one.name, one.reference, *one.aliases)}:
            return one
    raise unknown("framework", name, (one.id for one in FRAMEWORKS))


def requirements(
    of: Framework, controls: Iterable[Control], runbooks: Iterable[Runbook]
) -> tuple[Requirement, ...]:
    """Return, in order, every requirement that a control is mapped to or a remediation names."""
    ways: dict[str, list[Way]] = {}
    means = tuple(Means(one, runbook.id) for runbook in runbooks for one in runbook.remediations)
    for control in controls:
        meeting = tuple(one for one in means if control.id in one.remediation.controls)
        for number in control.numbers(of):
            ways.setdefault(number, []).append(Way(control.id, control.title, meeting))
    for one in means:
        for number in named(of, one.remediation):
            ways.setdefault(number, []).append(Way("", one.remediation.title, (one,)))
    return tuple(Requirement(number, tuple(ways[number])) for number in sorted(ways, key=natural))


def named(of: Framework, one: Remediation) -> tuple[str, ...]:
    """Return the numbers of the framework's requirements that a remediation itself names."""
    start = f"{of.reference} "
    return tuple(text.removeprefix(start) for text in one.references if text.startswith(start))


def controls_of(one: Remediation, known: Mapping[str, Control]) -> Iterator[Control]:
    """Yield the controls that a remediation names. Raises InternalError for an unknown one."""
    for id_ in one.controls:
        if id_ not in known:
            raise InternalError(f"{one.id} names the control {id_}, which is not in the table")
        yield known[id_]


def natural(number: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a sort key: 10.2 comes after 9.1, and digits before letters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", number)
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)


def _letters(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())
