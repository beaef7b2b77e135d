"""Find EC2 resources by their Name tag, with a person's own credentials."""

from __future__ import annotations

from ringfence.aws.caller import configured
from ringfence.aws.failures import raised
from ringfence.aws.sessions import own_client

_MOST = 1000


def tagged(name: str, region: str) -> tuple[str, ...]:
    """Return the ids of the EC2 resources with this Name tag in a region, in order.

    Anybody who may write tags chooses them, so a person must see what was found before it is changed.
    Filters of EC2 have wildcards, so each tag is compared again.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
    """
    filters = [{"Name": "key", "Values": ["Name"]}, {"Name": "value", "Values": [name]}]
    with configured():
        client = own_client("ec2", region)
    with raised("ec2:DescribeTags"):
        answer = client.describe_tags(  # type: ignore[attr-defined]  # made at run time
            Filters=filters, MaxResults=_MOST
        )
    return tuple(sorted(one["ResourceId"] for one in answer["Tags"] if one["Value"] == name))
