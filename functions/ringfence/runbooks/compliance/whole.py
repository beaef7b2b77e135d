"""The whole lists of requirements of some frameworks, so that what nothing is mapped to can be counted.

Only the numbers are listed, because the texts belong to their publishers. PCI DSS, NIST SP 800-53 and the CIS
benchmarks are not here. Of these, only the requirements that a control is mapped to can be counted.

SOC 2: the Trust Services Criteria of 2017 (AICPA TSP section 100). HIPAA: 45 CFR 164.308 to 164.316. ISO/IEC
27001:2022: Annex A. GDPR: the articles that ask for technical measures and for their evidence: 25 (by design
and by default), 30 (records), 32 (security), 33 and 34 (breaches).
"""

from __future__ import annotations

from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _numbered(counts: str) -> Iterator[str]:
    """Yield the numbers of series: `CC1:5` is CC1.1 to CC1.5."""
    for series in counts.split():
        name, _, count = series.partition(":")
        yield from (f"{name}.{number}" for number in range(1, int(count) + 1))


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
WHOLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "soc2": tuple(_numbered(_SOC2)),
        "hipaa": tuple(_sections(_HIPAA)),
        "iso27001": tuple(chain(_numbered("A.5:37 A.6:8 A.7:14 A.8:34"))),
        "gdpr": ("25", "30", "32", "33", "34"),
    }
)
"""The numbers of all requirements, by framework id."""
