"""A list of IP addresses: one on each line, with comments after `#`. Pure."""

from __future__ import annotations

from ipaddress import ip_address

from ringfence.events.fields import title
from ringfence.model.errors import BadInput


def address_of(field: str, text: str) -> str:
    """Return an address in its usual form. Raises BadInput that names the field and the value.

    Examples
    --------
    >>> address_of("address", "2001:DB8:0::1")
    '2001:db8::1'
    """
    try:
        return str(ip_address(text))
    except ValueError:
        raise BadInput(field, "must be an IP address", title(text)) from None


def addresses_in(field: str, text: str) -> tuple[str, ...]:
    """Return the addresses of a list, each once. Raises BadInput that names the field and the value."""
    words = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(dict.fromkeys(address_of(field, one) for one in words if one))
