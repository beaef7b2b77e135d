"""The functions' code as an asset of the CDK. Its name is a hash of its input."""

from __future__ import annotations

from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from stacks.function_code import FUNCTIONS, FunctionCode


@jsii.implements(ILocalBundling)
class Bundle(FunctionCode):
    """The code of all functions of all stacks."""

    def code(self) -> lambda_.Code:
        """Return the asset for the functions of a stack. All stacks share the folder."""
        return lambda_.Code.from_asset(
            str(FUNCTIONS),
            asset_hash=self.digest,
            asset_hash_type=AssetHashType.CUSTOM,
            # The CDK requires an image and never uses this one.
            bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=self),
        )

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill the folder. The CDK calls this instead of Docker."""
        self.make(Path(output_dir))
        return True
