"""The items that AWS Config records, in moto: of buckets, instances and security groups, as they are now.

moto answers an advanced query with what a test queued. AWS Config records a change after some minutes, and
here at once. A query has the form of those of a scan. Others are refused.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]
BUCKET, INSTANCE, GROUP = "AWS::S3::Bucket", "AWS::EC2::Instance", "AWS::EC2::SecurityGroup"
_QUERY = re.compile(r"SELECT (?P<fields>[\w, ]+) WHERE resourceType IN \((?P<types>[^()]+)\)")
_GONE = frozenset({"terminated", "shutting-down"})
_NUMBERS = frozenset({"fromPort", "toPort"})
_OWN_NAMES = {"ipRanges": "ipv4Ranges", "groups": "userIdGroupPairs", "groupDescription": "description"}
"""The names of AWS Config where EC2's are others."""
MOST = 100


class RefusedQueryError(Exception):
    """The query is not one that this AWS Config understands."""


def select(wanted: Mapping[str, Any], account: str, region: str) -> Json:
    """SelectResourceConfig: a page of the items that the query asks for."""
    query = _QUERY.fullmatch(wanted["Expression"])
    if query is None:
        raise RefusedQueryError(wanted["Expression"])
    types = {one.strip(" '") for one in query["types"].split(",")}
    fields = query["fields"].split(", ")
    found = [one for type_, read in _READ.items() if type_ in types for one in read(account, region)]
    first, most = int(wanted.get("NextToken") or 0), wanted.get("Limit") or MOST
    page = [{name: one[name] for name in fields if name in one} for one in found[first : first + most]]
    more = {"NextToken": str(first + most)} if len(found) > first + most else {}
    query_info = {"SelectFields": [{"Name": name} for name in fields]}
    return {"Results": [json.dumps(one) for one in page], "QueryInfo": query_info, **more}


def _buckets(account: str, region: str) -> Iterator[Json]:
    from ministack.services import s3

    for name, record in sorted(s3._buckets.items()):
        if record["region"] != region:
            continue
        logging = _first(s3._bucket_logging_config.get(name), "LoggingEnabled")
        policy = s3._bucket_policies.get(name)
        kept = {
            "BucketVersioningConfiguration": {"status": s3._bucket_versioning.get(name) or "Off"},
            "ServerSideEncryptionConfiguration": {"rules": [_encryption(s3._get_bucket_encryption(name)[2])]},
            "BucketLoggingConfiguration": {
                "destinationBucketName": logging.get("TargetBucket"),
                "logFilePrefix": logging.get("TargetPrefix"),
            },
            "BucketPolicy": {"policyText": policy},
            "AccessControlList": _acl(s3._get_bucket_acl(name)[2]),
        }
        if block := _first(record.get("_public_access_block"), "PublicAccessBlockConfiguration"):
            lowered = {f"{key[0].lower()}{key[1:]}": value == "true" for key, value in block.items()}
            kept["PublicAccessBlockConfiguration"] = lowered
        item = _item(account, region, BUCKET, name, {"name": name})
        yield {**item, "supplementaryConfiguration": kept}


def _acl(config: str | bytes) -> str:
    """Return an access control list as AWS Config writes it: JSON in a text, with the names of groups."""
    listed = []
    for grant in ET.fromstring(config).iter():  # noqa: S314 - it was checked when it was put
        if _bare(grant) == "Grant":
            texts = {_bare(one): one.text or "" for one in grant.iter()}
            group, permission = texts.get("URI", "").rpartition("/")[2], texts["Permission"]
            listed.append(
                {
                    "grantee": group or {"id": texts.get("ID"), "displayName": None},
                    "permission": "".join(word.capitalize() for word in permission.split("_")),
                }
            )
    return json.dumps({"grantSet": None, "grantList": listed})


def _encryption(config: str | bytes) -> Json:
    rule = _first(config, "ApplyServerSideEncryptionByDefault")
    applied = {"sseAlgorithm": rule.get("SSEAlgorithm"), "kmsMasterKeyID": rule.get("KMSMasterKeyID")}
    return {"applyServerSideEncryptionByDefault": applied}


def _instances(account: str, region: str) -> Iterator[Json]:
    for reservation in _listed(_ec2("DescribeInstances"), "reservationSet"):
        for one in _listed(reservation, "instancesSet"):
            if one["instanceState"]["name"] not in _GONE:
                yield _item(account, region, INSTANCE, one["instanceId"], one)


def _groups(account: str, region: str) -> Iterator[Json]:
    for one in _listed(_ec2("DescribeSecurityGroups"), "securityGroupInfo"):
        yield _item(account, region, GROUP, one["groupId"], one)


def _listed(of: Mapping[str, Any], name: str) -> list[Json]:
    found: list[Json] = of.get(name) or []
    return found


def _item(account: str, region: str, type_: str, id_: str, configuration: Json) -> Json:
    return {
        "accountId": account,
        "awsRegion": region,
        "resourceType": type_,
        "resourceId": id_,
        "resourceName": id_,
        "configurationItemStatus": "OK",
        "configuration": configuration,
        "supplementaryConfiguration": {},
        "tags": configuration.get("tagSet") or [],
    }


def _ec2(action: str) -> Json:
    """Return an answer of EC2. The names in it are those of AWS Config, with a few exceptions."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"Action={action}&Version=2016-11-15".encode()
    _, _, answer = mount.ask("ec2", mount.Request("POST", "/", form, body, {}))
    read = _value(ET.fromstring(answer), "")  # noqa: S314 - moto wrote it
    return read if isinstance(read, dict) else {}


def _value(element: ET.Element, name: str) -> Any:
    children = [(_bare(one), one) for one in element]
    if children and all(of == "item" for of, _ in children):
        return [_value(one, of) for of, one in children]
    if children:
        return {_OWN_NAMES.get(of, of): _value(one, of) for of, one in children}
    text = (element.text or "").strip()
    if name in _NUMBERS and text:
        return int(text)
    return text or ([] if name.endswith(("Set", "Permissions", "Ranges", "groups")) else None)


def _bare(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _first(document: str | bytes | None, name: str) -> dict[str, str]:
    """Return the texts in the first element of a name. Empty if there is none."""
    root = ET.fromstring(document) if document else None  # noqa: S314 - it was checked when it was put
    found = next((one for one in root.iter() if _bare(one) == name), None) if root is not None else None
    return {_bare(one): one.text or "" for one in found} if found is not None else {}


_READ = {BUCKET: _buckets, INSTANCE: _instances, GROUP: _groups}
"""The types that are recorded here."""
