"""`deploy` puts a CDK app on a local AWS, or says why not."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.deploy import REPOSITORY, DeployError, deploy

if TYPE_CHECKING:
    from pathlib import Path

CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
pytestmark = pytest.mark.skipif(not CDK.exists(), reason="the CDK command line is not installed: npm ci")

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


def test_an_app_is_deployed_its_outputs_returned_and_it_works(
    aws: Any, tmp_path: Path, eventually: Any
) -> None:
    app = write_app(tmp_path / "app", APP, CODE)
    outputs = deploy(aws, context={"owner": "tests"}, outputs=tmp_path / "out" / "outputs.json", app=app)
    made = outputs["Probe"]
    assert made["Owner"] == "tests"
    lock = aws.client("s3").get_object_lock_configuration(Bucket=made["BucketName"])
    assert lock["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"
    aws.client("sqs").send_message(QueueUrl=made["QueueUrl"], MessageBody="hello")
    item = {"TableName": made["TableName"], "Key": {"pk": {"S": "hello"}}}
    eventually(lambda: "Item" in aws.client("dynamodb").get_item(**item))


def test_an_app_that_fails_is_an_error_with_the_end_of_what_it_said(aws: Any, tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", "raise SystemExit('the moon is in the wrong place')")
    with pytest.raises(DeployError, match="the moon is in the wrong place"):
        deploy(aws, context={}, outputs=tmp_path / "out" / "outputs.json", app=app)
