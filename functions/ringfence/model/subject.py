"""The subject of a response: a resource with its account and region."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen

ACCOUNT = re.compile(r"[0-9]{12}")
GLOBAL = "us-east-1"
"""The region of global resources in keys: AWS delivers IAM's events there."""
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")
ANY = "*"
"""Every call of a service."""
HUMAN, WORKLOAD = "human", "workload"
"""Who is affected if a resource is changed."""


_REQUEST = "requestParameters."


@frozen
class RecordedCalls:
    """Calls that CloudTrail records, and where their records name the resource that they were made on.

    Names and paths are CloudTrail's own, which differ from the API's here and there: look them up in
    published records. EC2's newer calls are recorded as the XML that they were, a request under its own name.

    Parameters
    ----------
    service : str
        The service as its events' source names it: `ec2` for `aws.ec2`.
    names : tuple of str
        The names of the calls, or `ANY`. No two kinds may name the same call.
    paths : tuple of str
        Dotted paths into the record; the first one that is there holds. Lists, `items` and `content` on the
        way are looked through. Without a path, the resource is the account that recorded the call.
    otherwise : str
        The service's own name for a resource that a call may leave unnamed.
    failed : tuple of str
        Dotted paths that name the resources on which a call failed, although it succeeded on others.

    Examples
    --------
    >>> RecordedCalls("guardduty", ("DeleteDetector",), in_request("detectorId")).paths
    ('requestParameters.detectorId',)

    See Also
    --------
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """

    service: str
    names: tuple[str, ...]
    paths: tuple[str, ...] = ()
    otherwise: str = ""
    failed: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters of the request that name the resource."""
        return tuple(one.removeprefix(_REQUEST) for one in self.paths if one.startswith(_REQUEST))


def in_request(path: str) -> tuple[str, ...]:
    """Return the path of a parameter of the request."""
    return (f"{_REQUEST}{path}",)


def in_response(path: str) -> tuple[str, ...]:
    """Return the path of an element of the response."""
    return (f"responseElements.{path}",)


@value
class Ref:
    """A resource by account, region and id. A subclass declares one kind, in `ringfence.model.kinds`.

    Raises
    ------
    BadInput
        For anything that is not such an id: ids from findings end up in calls and keys.
    """

    kind: ClassVar[str] = "resource"
    """The kind's id, with hyphens: the first part of a reference's key, and the name of its file."""
    form: ClassVar[str] = "an id"
    """The form of an id in words."""
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[\w+=,.@/-]{1,512}", re.ASCII)
    """The pattern of a whole id."""
    example: ClassVar[str] = "example"
    """An id, for the documentation and the laws."""
    precedence: ClassVar[int] = 0
    """The precedence for ids that match several kinds: the lowest wins. 0 if an id shows its kind."""
    regional: ClassVar[bool] = True
    """Whether it is regional. Global resources have the region `GLOBAL` in keys."""
    arn_form: ClassVar[str] = ""
    """The form of its ARN, with `{partition}`, `{region}`, `{account}`, `{path}` and `{id}`. Empty: no ARN
    contains its id. `{id}` matches no slash: `{path}` matches what ends in one before the id.
    """
    id_has_slashes: ClassVar[bool] = False
    """Whether `{id}` in the form of its ARN matches slashes as well."""
    config_type: ClassVar[str] = ""
    """Its CloudFormation type, which AWS Config and CloudTrail use. Empty: no rule evaluates it."""
    config_records_fixes: ClassVar[bool] = False
    """Whether rules of AWS Config evaluate the configuration that Config has recorded.

    A rule then does not know about a change before Config has recorded it. Other rules call the service.
    """
    calls: ClassVar[tuple[RecordedCalls, ...]] = ()
    """The recorded calls on it."""
    records_activity: ClassVar[bool] = False
    """Whether it is part of the account's logging.

    A change of it is reported even if somebody reverted it. Any other change only means that it is time to
    check.
    """
    of_organization: ClassVar[bool] = False
    """Whether it can belong to an organization. Administrators in other accounts then name it by its ARN."""
    holder: ClassVar[str] = ""
    """The kind it belongs to: an access key belongs to a user. Empty if there is none."""
    used_by: ClassVar[str] = WORKLOAD
    """Who uses such a resource: `HUMAN` or `WORKLOAD`. Empty if the kind does not show that."""

    account: str
    region: str
    id: str

    def __post_init__(self) -> None:
        for field, given, pattern, what in (
            ("account", self.account, ACCOUNT, "a 12-digit account id"),
            ("region", self.region, REGION, "a region such as eu-west-1"),
            (self.kind, self.id, self.pattern, self.form),
        ):
            if not isinstance(given, str) or not pattern.fullmatch(given):
                raise BadInput(field, f"must be {what}", given)

    @property
    def affects(self) -> str:
        """Who is affected if it is changed: `HUMAN` or `WORKLOAD`. Empty if that is not known."""
        return self.used_by

    @property
    def reported_holder(self) -> str:
        """The name of whom it belongs to, as the report says. Empty if the report does not say it."""
        return ""

    @property
    def key(self) -> str:
        """A stable text for keys and logs: `kind/account/region/id`."""
        return f"{self.kind}/{self.account}/{self.region}/{self.id}"


class IdentityRef(Ref):
    """Resources of IAM: principals, and account settings for them.

    IAM is global: `region` is `GLOBAL`.
    """

    kind: ClassVar[str] = "identity"
    regional: ClassVar[bool] = False


class PrincipalRef(IdentityRef):
    """A caller: an access key, an IAM user, a role session or the root user."""

    kind: ClassVar[str] = "principal"
    used_by: ClassVar[str] = ""


class IdentityHolderRef(Ref):
    """Resources of IAM that are no subject, but hold credentials of subjects."""

    kind: ClassVar[str] = "identity-holder"
    regional: ClassVar[bool] = False


class NetworkRef(Ref):
    """Resources that allow or record traffic."""

    kind: ClassVar[str] = "network"


class LoggingRef(Ref):
    """Resources that log the events of an account."""

    kind: ClassVar[str] = "logging"


class DeliveryRef(Ref):
    """Ringfence's own resources that deliver events to its functions."""

    kind: ClassVar[str] = "delivery"
