"""What a response acts on: always with its account and region."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.errors import BadInput

ACCOUNT = re.compile(r"[0-9]{12}")
GLOBAL = "us-east-1"
"""The region under which what is global is filed: where IAM's events are delivered."""
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]")


@value
class Ref:
    """A resource by account, region and id. Subclasses say which kind and what an id looks like.

    Raises BadInput for anything that is not such an id: ids from findings end up in calls and keys.
    """

    kind: ClassVar[str] = "resource"
    form: ClassVar[str] = "an id"
    """What an id is, in words."""
    regional: ClassVar[bool] = True
    """Whether it lives in a region; what does not is filed under `GLOBAL`."""
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[\w+=,.@/-]{1,512}", re.ASCII)

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
    def key(self) -> str:
        """A stable text for keys and logs: `kind/account/region/id`."""
        return f"{self.kind}/{self.account}/{self.region}/{self.id}"


@value
class InstanceRef(Ref):
    """An EC2 instance."""

    kind: ClassVar[str] = "instance"
    form: ClassVar[str] = "an instance's id, i- and 8 or 17 hexadecimal digits"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class IdentityRef(Ref):
    """Whatever IAM keeps: principals, and what an account demands of them.

    IAM is global: `region` is `GLOBAL`.
    """

    kind: ClassVar[str] = "identity"
    regional: ClassVar[bool] = False


class PrincipalRef(IdentityRef):
    """Whoever makes calls: an access key, an IAM user, a session of a role, the root user."""

    kind: ClassVar[str] = "principal"


@value
class AccessKeyRef(PrincipalRef):
    """A long-term access key. `user` is whose it is, where the report says so; it is no part of the key."""

    kind: ClassVar[str] = "access-key"
    form: ClassVar[str] = "an access key's id, AKIA…"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"AKIA[A-Z0-9]{12,124}")

    user: str = ""


@value
class UserRef(PrincipalRef):
    """An IAM user, by name."""

    kind: ClassVar[str] = "iam-user"
    form: ClassVar[str] = "an IAM user's name"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@value
class RoleSessionRef(PrincipalRef):
    """A session of a role, by `AROA…:session-name`. `role` is the role's name; it is no part of the key."""

    kind: ClassVar[str] = "role-session"
    form: ClassVar[str] = "a role's session, AROA…:NAME"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"AROA[A-Z0-9]{12,124}:[\w+=,.@-]{2,64}", re.ASCII)

    role: str = ""


@value
class RootRef(PrincipalRef):
    """The root user of an account."""

    kind: ClassVar[str] = "root"
    form: ClassVar[str] = "root"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"root")


@value
class OtherPrincipalRef(PrincipalRef):
    """A principal at which nothing can be changed: federated, a service, another account's, anonymous.

    A person is told of it. `id` is what the report calls it, `type:name`, without odd characters.
    """

    kind: ClassVar[str] = "other-principal"
    form: ClassVar[str] = "what a report calls another principal"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_+=,.@:/-]{1,256}")


@value
class AccountRef(IdentityRef):
    """An account as a whole, by its id: its password policy, for one."""

    kind: ClassVar[str] = "account"
    form: ClassVar[str] = "a 12-digit account id"
    pattern: ClassVar[re.Pattern[str]] = ACCOUNT


@value
class BucketRef(Ref):
    """An S3 bucket, by name; the oldest names are longer and freer than today's rules."""

    kind: ClassVar[str] = "bucket"
    form: ClassVar[str] = "a bucket's name"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")


class NetworkRef(Ref):
    """What lets traffic through, or records it."""

    kind: ClassVar[str] = "network"


@value
class SecurityGroupRef(NetworkRef):
    """A security group of a VPC."""

    kind: ClassVar[str] = "security-group"
    form: ClassVar[str] = "a security group's id, sg- and 8 or 17 hexadecimal digits"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@value
class VpcRef(NetworkRef):
    """A VPC."""

    kind: ClassVar[str] = "vpc"
    form: ClassVar[str] = "a VPC's id, vpc- and 8 or 17 hexadecimal digits"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@value
class FlowLogRef(NetworkRef):
    """A flow log, which may be gone: what it recorded is found out."""

    kind: ClassVar[str] = "flow-log"
    form: ClassVar[str] = "a flow log's id, fl- and 8 or 17 hexadecimal digits"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"fl-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class LoggingRef(Ref):
    """What records what happens in an account."""

    kind: ClassVar[str] = "logging"


@value
class TrailRef(LoggingRef):
    """A trail of CloudTrail, by name, in its home region."""

    kind: ClassVar[str] = "trail"
    form: ClassVar[str] = "a trail's name"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]")


@value
class RecorderRef(LoggingRef):
    """A configuration recorder of AWS Config, by name."""

    kind: ClassVar[str] = "recorder"
    form: ClassVar[str] = "a configuration recorder's name"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[\w.:/+=@-]{1,256}", re.ASCII)


@value
class DetectorRef(LoggingRef):
    """A detector of GuardDuty."""

    kind: ClassVar[str] = "detector"
    form: ClassVar[str] = "a detector's id, 32 hexadecimal digits"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[0-9a-f]{32}")


@value
class KeyRef(LoggingRef):
    """A KMS key, by id: logs may be written with it."""

    kind: ClassVar[str] = "kms-key"
    form: ClassVar[str] = "a KMS key's id"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:mrk-[0-9a-f]{32})|(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    )


KINDS: dict[str, type[Ref]] = {
    kind.kind: kind
    for kind in (
        InstanceRef,
        AccessKeyRef,
        RoleSessionRef,
        RootRef,
        AccountRef,
        UserRef,
        OtherPrincipalRef,
        SecurityGroupRef,
        VpcRef,
        FlowLogRef,
        DetectorRef,
        KeyRef,
        TrailRef,
        RecorderRef,
        BucketRef,
    )
}


def ref_of(family: type[Ref], account: str, region: str, id_: str, kind: str = "") -> Ref:
    """Return the reference that a person names: of the kind given, or else the first that the id fits.

    The region of what is global is not asked for. Raises BadInput, which says in words what fits.
    """
    kinds = {name: one for name, one in KINDS.items() if issubclass(one, family)}
    if kind and kind not in kinds:
        raise BadInput("kind", f"must be one of {', '.join(kinds)}", kind)
    fitting = [kinds[kind]] if kind else [one for one in kinds.values() if one.pattern.fullmatch(id_)]
    if not fitting:
        *forms, last = (one.form for one in kinds.values())
        raise BadInput(family.kind, f"must be {'; '.join(forms)}{'; or ' if forms else ''}{last}", id_)
    (named, *_) = fitting
    return named(account, region if named.regional else GLOBAL, id_)


def parse_key(key: str) -> Ref:
    """Turn `kind/account/region/id` back into a reference; raises BadInput."""
    kind, _, rest = key.partition("/")
    parts = rest.split("/", 2)
    if kind not in KINDS or len(parts) != 3:  # noqa: PLR2004 - account, region and id
        raise BadInput("subject", f"must be KIND/ACCOUNT/REGION/ID with a kind of {sorted(KINDS)}", key)
    return KINDS[kind](*parts)
