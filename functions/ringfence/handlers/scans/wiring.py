"""Create what handles scheduled scans, from the environment, the policy and the rules of the bundle."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from ringfence.aws.cloud import AwsCloud
from ringfence.aws.notice import TOPIC, Topic
from ringfence.aws.scan_files import ScanFiles
from ringfence.aws.scan_items import ScanItems
from ringfence.aws.sessions import RoleClients, own_client
from ringfence.aws.signed_http import signed_http
from ringfence.handlers import wiring
from ringfence.handlers.account_names import account_names
from ringfence.handlers.part_queue import parts_handled
from ringfence.handlers.parts import SCAN, SUM
from ringfence.handlers.reviews import AT_ONCE
from ringfence.handlers.scans.handing import MOST_OF_A_QUERY, Handing
from ringfence.handlers.scans.plan import ScanPlan
from ringfence.handlers.scans.work import Environment, Scans
from ringfence.handlers.sent_results import sent
from ringfence.handlers.threads import Threads
from ringfence.model.resource_names import SCAN_ROLE, SCANS, SESSION, function_role, role_arn
from ringfence.model.scan_places import BUCKET, FINDINGS_URL, MANUAL_FILE, POINTS, RULES_FILE
from ringfence.posture.compiled import rules_from_json
from ringfence.posture.compiled_manual import manual_from_json
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

    from ringfence.handlers.parts import Part
    from ringfence.handlers.scans.handing import Post
    from ringfence.posture.manual import ManualControl


@cache
def scans() -> Scans:
    """Return what handles the scans of this deployment."""
    settings, policy, region = wiring.settings(), wiring.policy(), os.environ["AWS_REGION"]
    text = (wiring.CODE / RULES_FILE).read_text("utf-8")
    manual = manual_from_json(json.loads((wiring.CODE / MANUAL_FILE).read_text("utf-8")))
    sender = role_arn(policy.own.home, function_role(SCANS))
    plan = ScanPlan(
        rules_from_json(json.loads(text)),
        _digest(text, manual),
        policy,
        policy.regions or (region,),
        float(os.environ[POINTS]),
        sender,
        manual,
    )
    own = wiring.queue(settings.queue_url)
    own.client()  # made once, before several ask for it
    env = Environment(
        AwsCloud(RoleClients(SCAN_ROLE, SESSION, wiring.now), wiring.now, Threads("reads")),
        wiring.now,
        time.sleep,
        ScanItems(cast("DynamoDBClient", own_client("dynamodb")), settings.control_table),
        ScanFiles(cast("S3Client", own_client("s3")), os.environ[BUCKET]),
        Handing(policy, sender, _post(region), secrets.token_hex()),
        tuple(CATALOGUE.values()),
        MOST_OF_A_QUERY,
        own.send,
        Threads("ringfence-scans", AT_ONCE),
        Topic(cast("SNSClient", own_client("sns")), os.environ[TOPIC], account_names()).publish,
    )
    return Scans(plan, env)


def _digest(rules: str, manual: Iterable[ManualControl]) -> str:
    """Return the digest of what scores depend on, beside resources and evidence."""
    weighed = json.dumps([[one.name, one.severity] for one in manual])
    return hashlib.sha256(f"{rules}\0{weighed}".encode()).hexdigest()


def _post(region: str) -> Post | None:
    """Return what sends findings. None if the policy does not let this function send any."""
    url = os.environ.get(FINDINGS_URL, "")
    if not url:
        return None
    return partial(sent, signed_http(url, os.environ.get("AWS_ENDPOINT_URL", ""), region))


def _work(part: Part, until: datetime) -> None:
    scans().work(part, until)


worked_off = parts_handled(_work, SCANS, (SCAN, SUM), wiring.now)
"""Handles a message of the queue of scans."""
