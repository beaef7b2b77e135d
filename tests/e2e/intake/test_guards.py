"""What is deployed denies what IAM allows: nobody rewrites the archive or the results of scans.

The part of concurrency that is reserved for the containing functions is deployed, too. So is the demand for a
second factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.intake.conftest import COPIES, RESERVED
from tests.e2e.intake.scanned import THIRD_ACCOUNT
from tests.e2e.operators import operator, policies, with_second_factor
from tests.e2e.world import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.approvals import Asked
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
KEY = "chains/forged"
NOBODY = {"Version": "2012-10-17", "Statement": []}
CHANGES: dict[str, Callable[[Any, str], object]] = {
    "write an entry": lambda s3, name: s3.put_object(Bucket=name, Key=KEY, Body=b"forged"),
    "remove an entry": lambda s3, name: s3.delete_object(Bucket=name, Key=KEY),
    "remove a version": lambda s3, name: s3.delete_object(Bucket=name, Key=KEY, VersionId="null"),
    "remove the policy": lambda s3, name: s3.delete_bucket_policy(Bucket=name),
    "replace the policy": lambda s3, name: s3.put_bucket_policy(Bucket=name, Policy=str(NOBODY)),
    "let objects expire": lambda s3, name: s3.put_bucket_lifecycle_configuration(
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
        },
    ),
    "stop versions": lambda s3, name: s3.put_bucket_versioning(
        Bucket=name, VersioningConfiguration={"Status": "Suspended"}
    ),
}


@pytest.fixture(scope="module")
def intruder(intake: Compliance) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
    """Return a client of S3 with every right that IAM can give."""
    return operator(intake.world, allowed=("s3:*",)).client("s3")


@pytest.fixture(scope="module", params=["ringfence-audit-archive", "ringfence-scans-results"])
def guarded(request: pytest.FixtureRequest, intake: Compliance) -> str:
    """Return the name of a bucket with evidence."""
    names = [one["Name"] for one in intake.world.client("s3").list_buckets()["Buckets"]]
    (name,) = (one for one in names if one.startswith(request.param))
    return str(name)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_who_may_do_everything_in_s3_changes_no_evidence(
    intruder: Any,  # noqa: ANN401 - likewise
    guarded: str,
    change: Callable[[Any, str], object],
) -> None:
    intruder.list_objects_v2(Bucket=guarded)  # reading is allowed, so a denial is not about the connection
    with pytest.raises(ClientError) as denied:
        change(intruder, guarded)
    assert denied.value.response["Error"]["Code"] == "AccessDenied"


def test_the_same_rights_suffice_for_another_bucket(
    intake: Compliance,
    intruder: Any,  # noqa: ANN401 - likewise
) -> None:
    name = "nobody-guards-this"
    intake.world.client("s3").create_bucket(Bucket=name)
    CHANGES["write an entry"](intruder, name)
    CHANGES["remove an entry"](intruder, name)
    CHANGES["let objects expire"](intruder, name)


def test_a_part_of_concurrency_is_reserved_for_the_containing_functions(intake: Compliance) -> None:
    functions = intake.world.client("lambda")
    for runbook in ("contain-instance", "contain-credentials"):
        found = functions.get_function_concurrency(FunctionName=f"ringfence-{runbook}")
        assert found["ReservedConcurrentExecutions"] == RESERVED


def test_without_a_second_factor_nobody_calls_the_api_for_operators(intake: Compliance) -> None:
    """The same person is heard in a session with one. Every other test here uses such a session."""
    world = intake.world
    words = ("release", "inc-20261130T000000.000000-0000000000", "--reason", "x", "--yes")
    who = operator(world, *policies(world))
    refused = who.types(*words)
    assert refused.returncode == 1, refused.stdout
    assert "403" in refused.stdout + refused.stderr
    heard = with_second_factor(world, who).types(*words)
    assert "403" not in heard.stdout + heard.stderr
    assert "inc-20261130T000000.000000-0000000000" in heard.stdout + heard.stderr


def test_each_checkpoint_is_copied_to_a_bucket_of_another_account(intake: Compliance, ignored: Asked) -> None:
    """The function does so with its role and the policy of that bucket, which allows nothing else."""
    world = intake.world
    assert world.history(ignored.server).entries, "something is in the log"

    def published() -> list[str]:
        answer = world.client("lambda").invoke(FunctionName="ringfence-checkpoint")
        assert "FunctionError" not in answer, answer["Payload"].read()
        s3 = world.local.client("s3", THIRD_ACCOUNT)
        return [
            s3.get_object(Bucket=COPIES, Key=one["Key"])["Body"].read().decode()
            for one in s3.list_objects_v2(Bucket=COPIES).get("Contents", ())
        ]

    copies = until(published, "a checkpoint is copied")
    archive = world.deployment.archive
    newest = world.client("s3").get_object(Bucket=archive, Key="log/checkpoint")["Body"].read().decode()
    assert newest in copies
    s3 = operator(world, allowed=("s3:*",)).client("s3")
    key = world.local.client("s3", THIRD_ACCOUNT).list_objects_v2(Bucket=COPIES)["Contents"][0]["Key"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=COPIES, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=COPIES, Key=key)
