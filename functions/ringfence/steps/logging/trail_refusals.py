"""CloudTrail's permanent errors, and the form of its options."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from ringfence.model.call import Permission

if TYPE_CHECKING:
    from ringfence.observations.logging.trails import TrailOptions

PASS_ROLE = Permission(
    "iam:PassRole",
    ("arn:aws:iam::{account}:role/*",),
    (("StringEquals", "iam:PassedToService", ("cloudtrail.amazonaws.com",)),),
    implied=True,
)
"""The role by which a trail writes to its CloudWatch log group."""
_PARAMETERS = {
    "bucket": "S3BucketName",
    "prefix": "S3KeyPrefix",
    "topic": "SnsTopicName",
    "global_events": "IncludeGlobalServiceEvents",
    "multi_region": "IsMultiRegionTrail",
    "organization": "IsOrganizationTrail",
    "validation": "EnableLogFileValidation",
    "log_group": "CloudWatchLogsLogGroupArn",
    "log_role": "CloudWatchLogsRoleArn",
    "key": "KmsKeyId",
    "recursive": "RecursiveLogging",
}
_ANYWHERE = (
    "InvalidTrailNameException",
    "NotOrganizationMasterAccountException",
    "OperationNotPermittedException",
    "UnsupportedOperationException",
)
_OF_ONE = (*_ANYWHERE, "CloudTrailARNInvalidException", "InvalidHomeRegionException")
_DESTINATIONS = (
    "CloudTrailAccessNotEnabledException",
    "CloudWatchLogsDeliveryUnavailableException",
    "InsufficientEncryptionPolicyException",
    "InsufficientS3BucketPolicyException",
    "InsufficientSnsTopicPolicyException",
    "InvalidCloudWatchLogsLogGroupArnException",
    "InvalidCloudWatchLogsRoleArnException",
    "InvalidKmsKeyIdException",
    "InvalidParameterCombinationException",
    "InvalidParameterException",
    "InvalidS3BucketNameException",
    "InvalidS3PrefixException",
    "InvalidSnsTopicNameException",
    "KmsException",
    "KmsKeyDisabledException",
    "KmsKeyNotFoundException",
    "S3BucketDoesNotExistException",
)
REFUSED = {
    "StartLogging": _OF_ONE,
    "UpdateTrail": (*_OF_ONE, *_DESTINATIONS, "InvalidEventSelectorsException"),
    "PutEventSelectors": (*_OF_ONE, "InvalidEventSelectorsException"),
    "PutInsightSelectors": (
        *_OF_ONE,
        "InsufficientEncryptionPolicyException",
        "InsufficientS3BucketPolicyException",
        "InvalidInsightSelectorsException",
        "InvalidParameterCombinationException",
        "InvalidParameterException",
        "KmsException",
        "S3BucketDoesNotExistException",
    ),
    "CreateTrail": (
        *_ANYWHERE,
        *_DESTINATIONS,
        "InvalidTagParameterException",
        "MaximumNumberOfTrailsExceededException",
        "TagsLimitExceededException",
    ),
}
"""By operation, the error codes that asking again does not help against: a person reads the reason."""


def parameters_of(options: TrailOptions, *names: str) -> dict[str, object]:
    """Return options as CloudTrail takes them: these, empty ones included, or all that are set."""
    wanted = names or tuple(one.name for one in fields(options) if getattr(options, one.name) != "")
    return {_PARAMETERS[name]: getattr(options, name) for name in wanted}
