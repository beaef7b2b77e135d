"""Deploy a cloud assembly in the test's process: the calls that the CDK's command line makes, without Node.

The command line takes six seconds of CPU time for a deployment, most of it to load itself and to compress the
code. `tests/e2e/test_documented_commands.py` and `tests/e2e/test_demo_command.py` deploy with it.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from ringfence.local.deploy import REPOSITORY, DeployError
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ringfence.local.process import LocalAws

    Artifacts = Mapping[str, Mapping[str, Any]]

TOOLKIT = "CDKToolkit"
BOOTSTRAP = REPOSITORY / "node_modules" / "aws-cdk" / "lib" / "api" / "bootstrap" / "bootstrap-template.yaml"
IMPLICIT = {"FileAssetsBucketKmsKeyId": "AWS_MANAGED_KEY"}
"""What `cdk bootstrap` gives to its template when nothing else is asked for."""
LOOK_EVERY = 0.05
WITHIN = 120.0
"""Seconds for one stack; the largest takes one where nothing else runs."""
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_STACK = "aws:cloudformation:stack"
_PARTITION = ("${AWS::Partition}", "aws")


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly of one account, to be deployed to a local AWS."""

    local: LocalAws
    folder: Path
    account: str

    def deploy(self) -> dict[str, dict[str, str]]:
        """Bootstrap the account where it is not, and create every stack. Return the outputs of each.

        Raises
        ------
        DeployError
            A stack was not created. The message contains what failed.

        """
        for region in dict.fromkeys((self.local.region, GLOBAL)):
            self._bootstrap(region)
        return {name: self._stack(name, artifact) for name, artifact in self._stacks()}

    def _stacks(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the stacks, each after those that it depends on."""
        artifacts: Artifacts = json.loads((self.folder / "manifest.json").read_text("utf-8"))["artifacts"]
        order = TopologicalSorter({name: one.get("dependencies", ()) for name, one in artifacts.items()})
        for name in order.static_order():
            if artifacts[name]["type"] == _STACK:
                yield name, artifacts[name]

    def _bootstrap(self, region: str) -> None:
        stacks = self._client("cloudformation", region)
        existing = {one["StackName"] for one in stacks.describe_stacks()["Stacks"]}
        if TOOLKIT not in existing:
            given = [{"ParameterKey": key, "ParameterValue": value} for key, value in IMPLICIT.items()]
            self._create(stacks, TOOLKIT, TemplateBody=BOOTSTRAP.read_text("utf-8"), Parameters=given)

    def _stack(self, name: str, artifact: Mapping[str, Any]) -> dict[str, str]:
        properties, region = artifact["properties"], artifact["environment"].rpartition("/")[2]
        self._publish(name)
        bucket, _, key = properties["stackTemplateAssetObjectUrl"].removeprefix("s3://").partition("/")
        stacks = self._client("cloudformation", region)
        outputs = self._create(
            stacks,
            name,
            TemplateURL=f"https://s3.{region}.amazonaws.com/{bucket}/{key}",
            RoleARN=properties["cloudFormationExecutionRoleArn"].replace(*_PARTITION),
            Tags=[{"Key": tag, "Value": value} for tag, value in properties.get("tags", {}).items()],
        )
        if properties.get("terminationProtection"):
            stacks.update_termination_protection(StackName=name, EnableTerminationProtection=True)
        return outputs

    def _publish(self, stack: str) -> None:
        """Put the template of a stack and the code of its functions into the bucket of the bootstrap."""
        files = json.loads((self.folder / f"{stack}.assets.json").read_text("utf-8"))["files"]
        for one in files.values():
            source = self.folder / one["source"]["path"]
            for place in one["destinations"].values():
                s3 = self._client("s3", place["region"])
                held = s3.list_objects_v2(Bucket=place["bucketName"], Prefix=place["objectKey"])
                if not held["KeyCount"]:
                    body = packed(source) if one["source"]["packaging"] == "zip" else source.read_bytes()
                    s3.put_object(Bucket=place["bucketName"], Key=place["objectKey"], Body=body)

    def _create(self, stacks: Any, name: str, **given: object) -> dict[str, str]:  # noqa: ANN401 - made at run time
        stacks.create_stack(StackName=name, Capabilities=_CAPABILITIES, **given)
        until = time.monotonic() + WITHIN
        while time.monotonic() < until:
            (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
            if stack["StackStatus"] == "CREATE_COMPLETE":
                return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
            if stack["StackStatus"] != "CREATE_IN_PROGRESS":
                break
            time.sleep(LOOK_EVERY)
        events = stacks.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}" for one in events]
        raise DeployError(f"{name} is {stack['StackStatus']}\n" + "\n".join(reasons))

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - likewise
        return self.local.client(service, self.account, region)


def packed(folder: Path) -> bytes:
    """Return the files of a folder as a ZIP file, not compressed: the local AWS is on the same machine."""
    taken = io.BytesIO()
    with zipfile.ZipFile(taken, "w") as made:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            made.write(path, path.relative_to(folder))
    return taken.getvalue()
