"""A list of networks: which network, operator and country an address belongs to. Pure.

The form is that of public lists of address ranges: on each line a first and a last address, the number of the
autonomous system, a country, and a name, between tabs.
"""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ringfence.insights.activity.selecting import prefix_of
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELDS = 4
_UNROUTED = "0"


class Networks:
    r"""Address ranges with the operator and country of each. Callable with an address.

    Raises BadInput that names the line, for a line in another form.

    Examples
    --------
    >>> known = Networks(["203.0.113.0\t203.0.113.255\t64500\tDE\tExample"])
    >>> known("203.0.113.9"), known("198.51.100.7")
    ('AS64500 DE', '198.51.0.0/16')
    """

    def __init__(self, lines: Iterable[str]) -> None:
        ranges = sorted(
            _range(line, number) for number, line in enumerate(lines, 1) if line.strip() and line[:1] != "#"
        )
        self._starts = [(version, start) for version, start, _, _ in ranges]
        self._ranges = ranges

    def __call__(self, address: str) -> str:
        """Return the network of an address. It is the prefix of the address if no range contains it."""
        try:
            read = ip_address(address)
        except ValueError:
            return ""
        place = bisect_right(self._starts, (read.version, int(read))) - 1
        if place >= 0:
            version, _, end, name = self._ranges[place]
            if version == read.version and int(read) <= end and name:
                return name
        return prefix_of(address)


def _range(line: str, number: int) -> tuple[int, int, int, str]:
    parts = line.rstrip("\n").split("\t")
    field = f"--networks, line {number}"
    if len(parts) < _FIELDS:
        raise BadInput(field, "must be FIRST, LAST, AS NUMBER and COUNTRY between tabs", line.strip())
    try:
        first, last = ip_address(parts[0]), ip_address(parts[1])
    except ValueError as error:
        raise BadInput(field, "must begin with two IP addresses", line.strip()) from error
    if first.version != last.version or int(first) > int(last):
        raise BadInput(field, "must begin with the first and the last address of a range", line.strip())
    system, country = parts[2].removeprefix("AS"), parts[3]
    if not (system.isascii() and system.isdigit()):
        raise BadInput(field, "must have the number of an autonomous system", line.strip())
    name = "" if system == _UNROUTED else f"AS{system} {country}".strip()
    return first.version, int(first), int(last), name
