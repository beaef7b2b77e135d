"""An operator's proof of identity: a presigned `sts:GetCallerIdentity` for one request. Pure.

The command line signs the call and sends the parts of its signature in a header. The function puts the call
together again from constants and these parts, sends it to STS, and takes the ARN from the answer. Nothing
else of what the caller sends reaches STS: no host, no method, no action, no header.

"Signature Version 4": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

from ringfence.model.errors import Forged, Retryable
from ringfence.model.frozen import frozen

HEADER = "x-ringfence-identity"
"""The header of a request with the parts of the signature, as a JSON object."""
SIGNED_HEADER = "x-ringfence-request"
"""The header of the call to STS with the request's digest. It is one of the signed headers."""
SIGNED_HEADERS = f"host;{SIGNED_HEADER}"
ACTION, VERSION = "GetCallerIdentity", "2011-06-15"
EXPIRES = 60
"""Seconds. STS accepts a presigned call for longer than that, so the function checks the time itself.

https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go
"""
AHEAD = 15
"""By how many seconds the operator's clock may be ahead of the function's."""
LONGEST_HEADER = 8192
_TIME = "%Y%m%dT%H%M%SZ"
_FORMS = {
    "nonce": re.compile(r"[0-9a-f]{32}"),
    "key": re.compile(r"[A-Za-z0-9_]{4,128}", re.ASCII),
    "date": re.compile(r"[0-9]{8}T[0-9]{6}Z"),
    "token": re.compile(r"[A-Za-z0-9+/=_.-]{0,8000}"),
    "signature": re.compile(r"[0-9a-f]{64}"),
}
_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::(?P<account>[0-9]{12}):[\x21-\x7e]{1,2000}")
_OK, _REFUSED, _ERROR = 200, 400, 500
_TRY_AGAIN = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)
"""Error codes with a status of the caller's mistakes, which are none."""


@frozen
class SignedIdentity:
    """The parts of a presigned call that depend on the caller.

    `key` is the access key id, `date` the time of the signature, `token` the session token. The `nonce` lets
    two equal requests have different signatures.
    """

    nonce: str
    key: str
    date: str
    token: str
    signature: str

    @classmethod
    def of(cls, header: str) -> SignedIdentity:
        """Read the header. Raises Forged for anything but an object with exactly these texts."""
        if len(header) > LONGEST_HEADER:
            raise Forged(f"{HEADER}: is longer than {LONGEST_HEADER} characters")
        try:
            given = json.loads(header, object_pairs_hook=_once)
        except (RecursionError, ValueError) as error:
            raise Forged(f"{HEADER}: must be a JSON object without repeated fields") from error
        if not isinstance(given, dict) or given.keys() != _FORMS.keys():
            raise Forged(f"{HEADER}: must be an object with the fields {', '.join(_FORMS)}")
        for name, form in _FORMS.items():
            if not isinstance(given[name], str) or not form.fullmatch(given[name]):
                raise Forged(f"{HEADER}: {name} does not have the form of one")
        return cls(*(given[name] for name in _FORMS))

    @property
    def header(self) -> str:
        """The value of the header."""
        return json.dumps({name: getattr(self, name) for name in _FORMS}, separators=(",", ":"))

    def check_time(self, now: datetime) -> None:
        """Raise Forged unless it was signed within the last minute, by this clock."""
        try:
            signed = datetime.strptime(self.date, _TIME).replace(tzinfo=UTC)
        except ValueError as error:
            raise Forged(f"{HEADER}: date is not a time") from error
        age = now - signed
        if not timedelta(seconds=-AHEAD) <= age <= timedelta(seconds=EXPIRES):
            seconds = round(age.total_seconds())
            limit = f"must be at most {EXPIRES} s old: check your clock"
            raise Forged(f"the request was signed {seconds} s ago, and {limit}")

    def query(self, region: str) -> tuple[tuple[str, str], ...]:
        """Return the parameters of the call to STS in this region."""
        scope = f"{self.key}/{self.date[:8]}/{region}/sts/aws4_request"
        return (
            ("Action", ACTION),
            ("Version", VERSION),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", scope),
            ("X-Amz-Date", self.date),
            ("X-Amz-Expires", str(EXPIRES)),
            *((("X-Amz-Security-Token", self.token),) if self.token else ()),
            ("X-Amz-SignedHeaders", SIGNED_HEADERS),
            ("X-Amz-Signature", self.signature),
        )


def request_digest(path: str, body: bytes, nonce: str) -> str:
    """Return the digest that identifies a request."""
    return hashlib.sha256(f"POST\n{path}\n{nonce}\n".encode() + body).hexdigest()


def arn_in(status: int, answer: bytes, account: str) -> str:
    """Return the caller's ARN from the answer of STS.

    Raises Forged if STS refuses the call or the caller belongs to another account, and Retryable if STS does
    not answer the question.
    """
    if _REFUSED <= status < _ERROR and _text(answer, "Error", "Code") not in _TRY_AGAIN:
        raise Forged(f"STS does not accept the signature: it answered {status}")
    if status != _OK:
        raise Retryable(f"sts:{ACTION} answered {status}")
    named, arn = (_text(answer, f"{ACTION}Response", f"{ACTION}Result", name) for name in ("Account", "Arn"))
    match = _ARN.fullmatch(arn)
    if match is None or match["account"] != named:
        raise Retryable(f"sts:{ACTION} answered without an ARN")
    if named != account:
        raise Forged(f"the caller belongs to account {named}, not to {account}")
    return arn


def _text(answer: bytes, *path: str) -> str:
    """Return a text in a JSON document. Empty if there is none."""
    try:
        found = json.loads(answer)
        for name in path:
            found = found[name]
    except (KeyError, RecursionError, TypeError, ValueError):
        return ""
    return found if isinstance(found, str) else ""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Raise ValueError for repeated fields, of which different readers see different ones."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is repeated")
    return found
