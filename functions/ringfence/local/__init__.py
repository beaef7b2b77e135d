"""A local AWS: two emulators in one process, behind one endpoint on loopback.

`ministack` provides CloudFormation, EventBridge, SQS, Lambda, S3, DynamoDB and IAM. `moto` runs inside it
and provides what it lacks, mainly EC2. The modules in `hooks` fix errors of both that matter to Ringfence.
Nothing here is part of a deployment.
"""

from ringfence.local.process import LocalAws

__all__ = ["LocalAws"]
