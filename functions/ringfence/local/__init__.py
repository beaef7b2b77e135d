"""A whole AWS on this machine: two emulators in one process, behind one endpoint on loopback.

`ministack` runs CloudFormation, EventBridge, SQS, Lambda, S3, DynamoDB and IAM; `moto` is mounted inside it for
what it lacks, EC2 first. What either gets wrong and Ringfence relies on is put right by a module in `hooks`.
Nothing here is part of a deployment.
"""

from ringfence.local.process import LocalAws

__all__ = ["LocalAws"]
