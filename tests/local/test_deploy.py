"""`deploy` puts a CDK app on a local AWS, or says why not."""

from __future__ import annotations

import json
import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.deploy import REPOSITORY, DeployError, deploy
from tests.support.assemblies import TOOLKIT, Assembly

if TYPE_CHECKING:
    from pathlib import Path

    from ringfence.local import LocalAws

CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
pytestmark = pytest.mark.skipif(not CDK.exists(), reason="the CDK command line is not installed: npm ci")

WRONG = {"RedrivePolicy": {"deadLetterTargetArn": "nothing", "maxReceiveCount": 0}}
"""What no queue can have."""
APP = """
    import os
    from aws_cdk import App, CfnOutput, Environment, Stack
    from aws_cdk import aws_dynamodb as dynamodb, aws_lambda as functions, aws_s3 as s3, aws_sqs as sqs
    from aws_cdk.aws_lambda_event_sources import SqsEventSource

    app = App()
    env = Environment(account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"])
    stack = Stack(app, "Probe", env=env)
    bucket = s3.Bucket(stack, "Archive", versioned=True, object_lock_enabled=True)
    key = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
    table = dynamodb.TableV2(stack, "Table", partition_key=key)
    queue = sqs.Queue(stack, "Queue")
    function = functions.Function(
        stack,
        "Function",
        runtime=functions.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=functions.Code.from_asset("code"),
        environment={"TABLE": table.table_name},
    )
    table.grant_write_data(function)
    function.add_event_source(SqsEventSource(queue, batch_size=1))
    CfnOutput(stack, "BucketName", value=bucket.bucket_name)
    CfnOutput(stack, "TableName", value=table.table_name)
    CfnOutput(stack, "QueueUrl", value=queue.queue_url)
    CfnOutput(stack, "Owner", value=app.node.try_get_context("owner"))
    app.synth()
"""
CODE = """
    import boto3, os
    dynamodb = boto3.client("dynamodb")
    def handler(event, context):
        for record in event["Records"]:
            dynamodb.put_item(TableName=os.environ["TABLE"], Item={"pk": {"S": record["body"]}})
"""


def write_app(folder: Path, app: str, code: str = "") -> Path:
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "index.py").write_text(textwrap.dedent(code))
    (folder / "app.py").write_text(textwrap.dedent(app))
    (folder / "cdk.json").write_text(json.dumps({"app": "python3 app.py", "versionReporting": False}))
    return folder


@dataclass(frozen=True)
class Deployed:
    """What the command line has deployed, and the assembly that it has synthesized."""

    outputs: dict[str, dict[str, str]]
    assembly: Path


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    folder = tmp_path_factory.mktemp("deployed")
    app, out = write_app(folder / "app", APP, CODE), folder / "out"
    outputs = deploy(aws, context={"owner": "tests"}, outputs=out / "outputs.json", app=app)
    return Deployed(outputs, out / "cdk.out")


def test_an_app_is_deployed_its_outputs_returned_and_it_works(
    aws: Any, deployed: Deployed, eventually: Any
) -> None:
    made = deployed.outputs["Probe"]
    assert made["Owner"] == "tests"
    lock = aws.client("s3").get_object_lock_configuration(Bucket=made["BucketName"])
    assert lock["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"
    aws.client("sqs").send_message(QueueUrl=made["QueueUrl"], MessageBody="hello")
    item = {"TableName": made["TableName"], "Key": {"pk": {"S": "hello"}}}
    eventually(lambda: "Item" in aws.client("dynamodb").get_item(**item))


def seen(aws: LocalAws, account: str, stack: str) -> tuple[object, ...]:
    """Return what CloudFormation says of a stack, without what is new in each: ids and times."""
    cloudformation = aws.client("cloudformation", account)
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())}
    return (
        found["StackStatus"],
        found.get("RoleARN", "").replace(account, ""),
        found.get("EnableTerminationProtection", False),
        found.get("Tags", []),
        sorted(found["Capabilities"]),
        given,
        sorted(one["OutputKey"] for one in found.get("Outputs", ())),
        sorted((one["LogicalResourceId"], one["ResourceType"]) for one in resources),
    )


def test_the_deployment_of_the_tests_makes_the_same_stacks_as_the_command_line(
    aws: LocalAws, deployed: Deployed, tmp_path: Path
) -> None:
    other = "999988887777"
    for path in deployed.assembly.iterdir():
        target = tmp_path / path.name
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            target.write_text(path.read_text("utf-8").replace(aws.account, other), "utf-8")
    made = Assembly(aws, tmp_path, other).deploy()
    assert {stack: outputs.keys() for stack, outputs in made.items()} == {
        stack: outputs.keys() for stack, outputs in deployed.outputs.items()
    }
    for stack in (TOOLKIT, "Probe"):
        assert seen(aws, other, stack) == seen(aws, aws.account, stack)


def test_a_stack_that_fails_is_an_error_with_what_failed(aws: LocalAws, tmp_path: Path) -> None:
    account = "999988886666"
    template = {"Resources": {"Moon": {"Type": "AWS::SQS::Queue", "Properties": WRONG}}}
    bucket = f"cdk-hnb659fds-assets-{account}-{aws.region}"
    place = {"bucketName": bucket, "objectKey": "moon.json", "region": aws.region}
    files = {"moon": {"source": {"path": "moon.json", "packaging": "file"}, "destinations": {"here": place}}}
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{account}/{aws.region}",
        "properties": {
            "stackTemplateAssetObjectUrl": f"s3://{bucket}/moon.json",
            "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::" + account + ":role/exec",
        },
    }
    written = {
        "manifest.json": {"artifacts": {"Probe": artifact}},
        "Probe.assets.json": {"files": files},
        "moon.json": template,
    }
    for name, document in written.items():
        (tmp_path / name).write_text(json.dumps(document), "utf-8")
    with pytest.raises(DeployError, match=r"Probe is ROLLBACK_COMPLETE\n(.*\n)*Moon: .*"):
        Assembly(aws, tmp_path, account).deploy()


def test_an_app_that_fails_is_an_error_with_the_end_of_what_it_said(aws: Any, tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", "raise SystemExit('the moon is in the wrong place')")
    with pytest.raises(DeployError, match="the moon is in the wrong place"):
        deploy(aws, context={}, outputs=tmp_path / "out" / "outputs.json", app=app)
