"""The whole lists of requirements of some frameworks, so that what nothing is mapped to can be counted.

Only the numbers are listed, because the texts belong to their publishers.

SOC 2: the Trust Services Criteria of 2017 (AICPA TSP section 100). HIPAA: 45 CFR 164.308 to 164.316. ISO/IEC
27001:2022: Annex A. GDPR: the articles that ask for technical measures and for their evidence: 25 (by design
and by default), 30 (records), 32 (security), 33 and 34 (breaches). NIST SP 800-53: the controls of release
5.2.0, without enhancements and without those that were withdrawn. CIS: all recommendations, also those that
only a person can assess. PCI DSS 4.0: the requirements with their parts, and those of the appendices A1 to
A3, by the numbers in ComplianceAsCode.

docs/rules-as-code.md says with which copies the lists were compared.

https://csrc.nist.gov/projects/cprt/catalog#/cprt/framework/version/SP_800_53_5_2_0/home
https://github.com/prowler-cloud/prowler/tree/master/prowler/compliance/aws
https://github.com/turbot/steampipe-mod-aws-compliance/tree/main/cis_v500
https://github.com/risk-sentinel/cis-aws-foundations-v7.0.0/tree/main/controls
https://github.com/NIST-SP-800-53-R5/NIST-SP-800-53-R5.github.io/tree/main/docs
https://github.com/ComplianceAsCode/content/blob/master/controls/pcidss_4_ocp4.yml
"""

from __future__ import annotations

import re
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.runbooks.compliance import natural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _numbered(counts: str) -> Iterator[str]:
    """Yield the numbers of series: `CC1:5` is CC1.1 to CC1.5."""
    for series in counts.split():
        name, _, count = series.partition(":")
        yield from (f"{name}.{number}" for number in range(1, int(count) + 1))


def _from(first: int, counts: str) -> Iterator[str]:
    """Yield the numbers of series that begin with `first`, because the sections before it have their own."""
    for series in counts.split():
        name, _, count = series.partition(":")
        yield from (f"{name}.{number}" for number in range(first, int(count) + 1))


def _in_order(*numbers: str) -> tuple[str, ...]:
    """Return numbers in their order: 2.9 comes before 2.10, and the appendix comes last."""
    return tuple(sorted(numbers, key=natural))


def _controls(text: str) -> Iterator[str]:
    """Yield the controls of families: `AT:6-5` is AT-1 to AT-6 without AT-5, which was withdrawn."""
    for family in text.split():
        name, _, numbers = family.partition(":")
        last, *withdrawn = map(int, numbers.split("-"))
        yield from (f"{name}-{number}" for number in range(1, last + 1) if number not in withdrawn)


def _sections(text: str) -> Iterator[str]:
    """Yield the paragraphs of sections: `164.310(a) (1) (2)(i)` is 164.310(a)(1) and 164.310(a)(2)(i)."""
    for line in text.strip().splitlines():
        section, *paragraphs = line.split()
        yield from (f"{section}{paragraph}" for paragraph in paragraphs)


_SOC2 = (
    "CC1:5 CC2:3 CC3:4 CC4:2 CC5:3 CC6:8 CC7:5 CC8:1 CC9:2 A1:3 C1:2 PI1:5 P1:1 P2:1 P3:2 P4:3 P5:2 P6:7 "
    "P7:1 P8:1"
)
_HIPAA = """
164.308(a)(1) (i) (ii)(A) (ii)(B) (ii)(C) (ii)(D)
164.308(a) (2)
164.308(a)(3) (i) (ii)(A) (ii)(B) (ii)(C)
164.308(a)(4) (i) (ii)(A) (ii)(B) (ii)(C)
164.308(a)(5) (i) (ii)(A) (ii)(B) (ii)(C) (ii)(D)
164.308(a)(6) (i) (ii)
164.308(a)(7) (i) (ii)(A) (ii)(B) (ii)(C) (ii)(D) (ii)(E)
164.308(a) (8)
164.308(b) (1) (2) (3)
164.310(a) (1) (2)(i) (2)(ii) (2)(iii) (2)(iv)
164.310 (b) (c)
164.310(d) (1) (2)(i) (2)(ii) (2)(iii) (2)(iv)
164.312(a) (1) (2)(i) (2)(ii) (2)(iii) (2)(iv)
164.312 (b)
164.312(c) (1) (2)
164.312 (d)
164.312(e) (1) (2)(i) (2)(ii)
164.314(a) (1) (2)(i)(A) (2)(i)(B) (2)(i)(C) (2)(ii) (2)(iii)
164.314(b) (1) (2)(i) (2)(ii) (2)(iii) (2)(iv)
164.316 (a)
164.316(b) (1)(i) (1)(ii) (2)(i) (2)(ii) (2)(iii)
"""
_NIST = (
    "AC:25-13-15 AT:6-5 AU:16-15 CA:9-4 CM:14 CP:13-5 IA:13 IR:10-10 MA:7 MP:8 PE:23-7 PL:11-3-5-6 PM:32 "
    "PS:9 PT:8 RA:10-4 SA:24-6-7-12-13-14-18-19 SC:51-9-14-19-33 SI:23-9 SR:12"
)
_PCI = """
1.1:2 1.2:8 1.3:3 1.4:5 1.5:1
2.1:2 2.2:7 2.3:2
3.1:2 3.2:1 3.3:3 3.3.1:3 3.4:2 3.5:1 3.5.1:3 3.6:1 3.6.1:4 3.7:9
4.1:2 4.2:2 4.2.1:2
5.1:2 5.2:3 5.2.3:1 5.3:5 5.3.2:1 5.4:1
6.1:2 6.2:4 6.2.3:1 6.3:3 6.4:3 6.5:6
7.1:2 7.2:6 7.2.5:1 7.3:3
8.1:2 8.2:8 8.3:11 8.3.10:1 8.4:3 8.5:1 8.6:3
9.1:2 9.2:4 9.2.1:1 9.3:4 9.3.1:1 9.4:7 9.4.1:2 9.4.5:1 9.5:1 9.5.1:3 9.5.1.2:1
10.1:2 10.2:2 10.2.1:7 10.3:4 10.4:3 10.4.1:1 10.4.2:1 10.5:1 10.6:3 10.7:3
11.1:2 11.2:2 11.3:2 11.3.1:3 11.3.2:1 11.4:7 11.5:2 11.5.1:1 11.6:1
12.1:4 12.2:1 12.3:4 12.4:2 12.4.2:1 12.5:3 12.5.2:1 12.6:3 12.6.3:2 12.7:1 12.8:5 12.9:2 12.10:7 12.10.4:1
A1.1:4 A1.2:3
A2.1:3
A3.1:4 A3.2:6 A3.2.2:1 A3.2.5:2 A3.2.6:1 A3.3:3 A3.4:1 A3.5:1
"""
_PCI_ALONE = "A3.3.1.2"
"""A part that follows no other one."""
_STORAGE = "{0}.1:4 {0}.2:4 {0}.3:1"
_CIS5 = f"1:21 {_STORAGE.format(2)} 3:9 4:16 5.1:2"
_CIS6 = f"2:21 {_STORAGE.format(3)} 4:9 5:16 6.1:2"
_CIS7 = f"2.1:6 {_STORAGE.format(3)} 4:10 5:16 6.1:2"
WHOLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "soc2": tuple(_numbered(_SOC2)),
        "hipaa": tuple(_sections(_HIPAA)),
        "pci": _in_order(*_numbered(_PCI), _PCI_ALONE),
        "iso27001": tuple(chain(_numbered("A.5:37 A.6:8 A.7:14 A.8:34"))),
        "nist-800-53": tuple(_controls(_NIST)),
        "cis": _in_order(*_numbered(_CIS7), *_from(2, "2:21 6:8")),
        "cis6": _in_order(*_numbered(_CIS6), *_from(2, "6:7")),
        "cis5": _in_order(*_numbered(_CIS5), *_from(2, "5:7")),
        "gdpr": ("25", "30", "32", "33", "34"),
    }
)
"""The numbers of all requirements, by framework id."""
_ENHANCEMENT = re.compile(r"\([0-9]{1,2}\)\Z")


def is_requirement(framework: str, number: str) -> bool:
    """Return whether a framework has a requirement. True if its whole list is not known.

    An enhancement of a control of NIST SP 800-53 is one, although the list has only controls.

    Examples
    --------
    >>> is_requirement("soc2", "CC6.9"), is_requirement("nist-800-53", "AC-2(13)"), is_requirement("pci", "x")
    (False, True, False)
    """
    whole = WHOLE.get(framework)
    asked = _ENHANCEMENT.sub("", number) if framework == "nist-800-53" else number
    return whole is None or asked in whole
