"""The functions' code as an asset of the CDK. Its name is a hash of its input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from ringfence.insights.imported import FILE as IMPORTED_FILE
from ringfence.insights.imported import to_json
from ringfence.model.scan_places import MANUAL_FILE, RULES_FILE
from stacks.function_code import FUNCTIONS, NOT_DEPLOYED, Contents, FunctionCode
from stacks.operations import scan_operations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.insights.imported import Imported
    from stacks.scan_settings import ScanSettings

SCANS_GROUP = "scans"
"""The dependencies of the function of scheduled scans: an evaluator of CEL in addition."""


@jsii.implements(ILocalBundling)
class Bundle(FunctionCode):
    """The code of all functions of all stacks but one: that of scheduled scans has another one."""

    def code(self) -> lambda_.Code:
        """Return the asset for the functions of a stack. All stacks share the folder."""
        return lambda_.Code.from_asset(
            str(FUNCTIONS),
            asset_hash=self.digest,
            asset_hash_type=AssetHashType.CUSTOM,
            # The CDK requires an image and never uses this one.
            bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=self),
        )

    def of_scans(self, scans: ScanSettings) -> Bundle:
        """Return the code of the function of scheduled scans, with these rules and manual controls."""
        return Bundle(scan_operations(), self.given, scan_contents(scans))

    def of_activity(self, imported: Sequence[Imported]) -> Bundle:
        """Return the code of the function for activity, with imported rules if there are any."""
        files = ((IMPORTED_FILE, to_json(imported)),)
        return Bundle(self.operations, self.given, Contents(files=files)) if imported else self

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill the folder. The CDK calls this instead of Docker."""
        self.make(Path(output_dir))
        return True


def scan_contents(scans: ScanSettings) -> Contents:
    """Return what is in the code of the function of scheduled scans."""
    # Few deployments need an evaluator of CEL.
    from ringfence.posture.compiled import rules_to_json
    from ringfence.posture.compiled_manual import manual_to_json

    files = {RULES_FILE: rules_to_json(scans.rules), MANUAL_FILE: manual_to_json(scans.manual)}
    texts = ((name, json.dumps(given, indent=1, sort_keys=True) + "\n") for name, given in files.items())
    return Contents(SCANS_GROUP, NOT_DEPLOYED, tuple(texts))
