"""Which conditions of a bucket policy keep a statement from being public."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from ringfence.observations.s3.documents import texts

_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Keys whose fixed values make a statement non-public, in lower case: IAM does not tell them apart."""
_OPERATORS = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
"""Those that hold only where the key is there and has the value. `ForAllValues` and `IfExists` also hold
where it is not, which a request of anyone's can see to.
"""
_ANYBODY = "anonymous"
"""What `aws:userid` and `aws:PrincipalAccount` are of a request that nobody signed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""
_ACCESS_POINTS = re.compile(r"arn:aws[a-z-]*:s3:[a-z0-9*-]*:[0-9]{12}:accesspoint/[^$]+")
"""Access points' names may be a pattern, as long as the account is fixed."""
_PRIVATE = tuple(IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_BROADEST_IPV4, _BROADEST_IPV6 = 8, 32
"""S3 takes broader ranges of addresses for public."""


def limits(condition: object) -> bool:
    """Return whether a condition holds for fixed values alone: it does where one of its parts does."""
    if not isinstance(condition, Mapping):
        return False
    return any(
        _limits(str(operator).lower(), str(key).lower(), texts(values))
        for operator, keys in condition.items()
        if isinstance(keys, Mapping)
        for key, values in keys.items()
    )


def is_fixed(text: str) -> bool:
    """Return whether a value has neither wildcard nor policy variable."""
    return not any(mark in text for mark in ("*", "?", "${"))


def _limits(operator: str, key: str, values: tuple[str, ...]) -> bool:
    name = operator.removeprefix("foranyvalue:")
    if not values or not all(values):
        return False
    if key == "aws:sourceip":
        return name == "ipaddress" and _is_narrow(values)
    if name not in _OPERATORS or key not in _KEYS or _ANYBODY in {one.lower() for one in values}:
        return False
    return all(is_fixed(one) or (key == "s3:dataaccesspointarn" and _is_ours(one)) for one in values)


def _is_ours(arn: str) -> bool:
    return bool(_ACCESS_POINTS.fullmatch(arn))


def _is_narrow(values: tuple[str, ...]) -> bool:
    """Join what adjoins first: the whole internet can be written as many small ranges."""
    four, six = [], []
    for one in values:
        try:
            network = ip_network(one, strict=False)
        except ValueError:
            return False
        if isinstance(network, IPv6Network):
            six.append(network)
        elif not any(network.subnet_of(private) for private in _PRIVATE):
            four.append(network)
    return all(one.prefixlen >= _BROADEST_IPV4 for one in collapse_addresses(four)) and all(
        one.prefixlen >= _BROADEST_IPV6 for one in collapse_addresses(six)
    )
