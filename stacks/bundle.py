"""The functions' code as an asset of the CDK: made once for all stacks, named by all that goes in."""

from __future__ import annotations

from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from stacks.function_code import FUNCTIONS, FunctionCode


@jsii.implements(ILocalBundling)
class Bundle(FunctionCode):
    """One asset for every function of every stack."""

    def code(self) -> lambda_.Code:
        """Return the asset of one stack's functions; the folder is made once for all stacks."""
        return lambda_.Code.from_asset(
            str(FUNCTIONS),
            asset_hash=self.digest,
            asset_hash_type=AssetHashType.CUSTOM,
            # The image is never used: it stands here because the CDK asks for one.
            bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=self),
        )

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill the folder; the CDK calls this in place of Docker."""
        self.make(Path(output_dir))
        return True
