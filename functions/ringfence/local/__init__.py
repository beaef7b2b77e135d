"""A whole AWS on this machine: two emulators in one process, behind one endpoint on loopback.

`ministack` runs CloudFormation, EventBridge, SQS, Lambda, S3, DynamoDB and IAM; `moto` is mounted inside it
for what it lacks, EC2 first. What either gets wrong and Ringfence relies on, a module in `hooks` puts right.
Nothing here is part of a deployment.
"""

from ringfence.local.process import LocalAws

__all__ = ["LocalAws"]
