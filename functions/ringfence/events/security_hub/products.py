"""The products of AWS itself in Security Hub. Pure.

Everybody who may import findings writes their contents, and an account has one product for itself.
Only the ARN of the product says who wrote them, because Security Hub checks it. The ARN of a product of
AWS names no account, and that of an account's own product names the account.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
"""

from __future__ import annotations

import re

GUARDDUTY, SECURITY_HUB = "guardduty", "securityhub"
OF_SECURITY_HUB = "/aws/securityhub"
"""The end of the ARN of Security Hub's own product, in both versions."""
_OF_AWS = re.compile(r"arn:aws[a-z-]*::?securityhub:[a-z0-9-]+::product(?:v2)?/aws/(?P<name>[a-z0-9-]+)")
"""Findings that AWS published as examples have two colons after the partition."""


def product_of_aws(arn: str) -> str:
    """Return the name of a product of AWS.

    Parameters
    ----------
    arn
        The ARN of any product.

    Returns
    -------
    str
        The name, such as `guardduty`. Empty for the product of anybody else.

    Examples
    --------
    >>> product_of_aws("arn:aws:securityhub:eu-west-1::product/aws/guardduty")
    'guardduty'
    >>> product_of_aws("arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default")
    ''
    """
    found = _OF_AWS.fullmatch(arn)
    return found["name"] if found else ""


def same_product(one: str, other: str) -> bool:
    """Return whether two ARNs name one product. The two versions of Security Hub write them differently.

    Everybody who may import findings chooses their ids, so an id alone does not say which finding it is.

    Examples
    --------
    >>> same_product("arn:aws:securityhub:eu-west-1::product/aws/macie",
    ...              "arn:aws:securityhub:eu-west-1::productv2/aws/macie")
    True
    """
    return bool(_named(one)) and _named(one) == _named(other)


def _named(arn: str) -> str:
    """Return the account of a product, if it has one, and its name."""
    account, _, resource = arn.partition(":securityhub:")[2].partition(":")[2].partition(":")
    kind, _, name = resource.partition("/")
    return f"{account}/{name}" if kind in {"product", "productv2"} and name else ""
