"""Rule files: the form of the guide, and every error at once with its line."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import replace
from ringfence.policy.decision import Mode
from ringfence.posture.evaluate import result
from ringfence.posture.file import InvalidRules, Known, Loaded, load_rules
from ringfence.posture.items import resource_of
from ringfence.posture.profile import Profile
from ringfence.posture.rule import Rule, Status

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = Known(("encrypt-bucket",), ("s3-default-encryption",))
GUIDE = """\
compliance_rules:
  - name: ensure-encryption-at-rest
    resource_types: [AWS::S3::Bucket, AWS::RDS::DBInstance, AWS::EFS::FileSystem]
    required_properties:
      AWS::S3::Bucket:
        BucketEncryption:
          ServerSideEncryptionConfiguration:
            - ServerSideEncryptionByDefault:
                SSEAlgorithm: [AES256, aws:kms]
      AWS::RDS::DBInstance:
        StorageEncrypted: true
        KmsKeyId: !Not [!Equals [!Ref KmsKeyId, '']]
  - name: ensure-logging-enabled
    resource_types: [AWS::S3::Bucket, AWS::CloudTrail::Trail]
    required_properties:
      AWS::S3::Bucket:
        LoggingConfiguration:
          DestinationBucketName: !Not [!Equals [!Ref LogBucket, '']]
      AWS::CloudTrail::Trail:
        IsLogging: true
        EnableLogFileValidation: true
"""
"""Rules in the form of the guide that the product was asked for by."""
CONFIGURATION, KEPT, READS = "configuration", "supplementaryConfiguration", "reads"
RULE = "compliance_rules:\n  - name: a\n    resource_types: [AWS::S3::Bucket]\n"


def load(folder: Path, text: str, name: str = "rules.yaml") -> tuple[Loaded, ...]:
    path = folder / name
    path.write_text(dedent(text), "utf-8")
    return load_rules([path], KNOWN).rules


def flaws(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidRules) as caught:
        load(folder, text)
    return [str(flaw).replace("compliance_rules[0].", "") for _, flaw in caught.value.flaws]


def judged(folder: Path, rule: str, type_: str, item: dict[str, object]) -> tuple[Status, tuple[str, ...]]:
    rules = {one.rule.name: one.rule for one in load(folder, GUIDE)}
    place = {"accountId": "111122223333", "awsRegion": "eu-west-1", "resourceId": "x", "resourceType": type_}
    resource = resource_of(Document.of({**place, CONFIGURATION: {}, KEPT: {}, **item}))
    assert resource is not None
    found = result(rules[rule], resource)
    return found.status, found.reasons


ALGORITHM = "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.SSEAlgorithm"
ENCRYPTED = {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]}


@pytest.mark.parametrize(
    ("rule", "type_", "item", "said"),
    [
        (
            "ensure-encryption-at-rest",
            "AWS::S3::Bucket",
            {KEPT: {"ServerSideEncryptionConfiguration": ENCRYPTED}},
            (Status.PASSED, []),
        ),
        (
            "ensure-encryption-at-rest",
            "AWS::S3::Bucket",
            {},
            (Status.FAILED, [f"{ALGORITHM} must be one of 'AES256', 'aws:kms', but is not set"]),
        ),
        (
            "ensure-encryption-at-rest",
            "AWS::RDS::DBInstance",
            {CONFIGURATION: {"storageEncrypted": True, "kmsKeyId": "arn:aws:kms:eu-west-1:1:key/k"}},
            (Status.PASSED, []),
        ),
        (
            "ensure-encryption-at-rest",
            "AWS::RDS::DBInstance",
            {CONFIGURATION: {"storageEncrypted": True, "kmsKeyId": ""}},
            (Status.FAILED, ["KmsKeyId must not be '', but is ''"]),
        ),
        (
            "ensure-logging-enabled",
            "AWS::S3::Bucket",
            {KEPT: {"BucketLoggingConfiguration": {"destinationBucketName": "logs"}}},
            (Status.PASSED, []),
        ),
        (
            "ensure-logging-enabled",
            "AWS::CloudTrail::Trail",
            {
                CONFIGURATION: {"logFileValidationEnabled": True},
                READS: {"GetTrailStatus": {"IsLogging": True}},
            },
            (Status.PASSED, []),
        ),
        (
            "ensure-logging-enabled",
            "AWS::CloudTrail::Trail",
            {CONFIGURATION: {"logFileValidationEnabled": True}},
            (Status.NOT_ASSESSED, ["IsLogging was not read"]),
        ),
        (
            "ensure-logging-enabled",
            "AWS::CloudTrail::Trail",
            {CONFIGURATION: {"logFileValidationEnabled": False}},
            (Status.FAILED, ["EnableLogFileValidation must be true, but is false", "IsLogging was not read"]),
        ),
    ],
)
def test_the_rules_of_the_guide_run_as_they_are(
    tmp_path: Path, rule: str, type_: str, item: dict[str, object], said: tuple[Status, list[str]]
) -> None:
    found, told = judged(tmp_path, rule, type_, item)
    assert (found, list(told)) == said


def test_what_is_probably_not_meant_is_noted(tmp_path: Path) -> None:
    notes = [
        str(note).replace("compliance_rules[0].", "") for one in load(tmp_path, GUIDE) for note in one.notes
    ]
    assert notes == [
        (
            "3:61: resource_types[2]: nothing is required of "
            "AWS::EFS::FileSystem: its resources are not assessed"
        ),
        (
            "18:11: compliance_rules[1].required_properties.AWS::S3::Bucket."
            "LoggingConfiguration.DestinationBucketName: !Ref 'LogBucket' is no parameter: it stands for "
            "DestinationBucketName"
        ),
    ]


def test_a_rule_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    rule = load(tmp_path, GUIDE)[0].rule
    assert (rule.title, rule.severity, rule.modes) == ("ensure encryption at rest", "medium", ())


def test_a_rule_is_enforced_in_production_and_only_told_elsewhere(tmp_path: Path) -> None:
    text = RULE + (
        "    required_properties: {AWS::S3::Bucket: {BucketName: b}}\n"
        "    mode:\n"
        "      - {scope: {tags: {environment: [prod*, live]}}, mode: approve}\n"
        "      - {mode: notify}\n"
    )
    modes = load(tmp_path, text)[0].rule.modes
    assert [(one.scope.tags, one.mode) for one in modes] == [
        ((("environment", ("prod*", "live")),), Mode.APPROVE),
        ((), Mode.NOTIFY),
    ]


def test_a_reference_to_a_parameter_stands_for_its_value(tmp_path: Path) -> None:
    text = RULE + (
        "    parameters: {LogBucket: logs}\n"
        "    required_properties:\n"
        "      AWS::S3::Bucket: {LoggingConfiguration: {DestinationBucketName: !Ref LogBucket}}\n"
    )
    rule = load(tmp_path, text)[0].rule
    place = {"accountId": "111122223333", "awsRegion": "eu-west-1", "resourceId": "x"}
    item = {**place, "resourceType": "AWS::S3::Bucket", CONFIGURATION: {}}
    statuses = []
    for name in ("logs", "others"):
        kept = {KEPT: {"BucketLoggingConfiguration": {"destinationBucketName": name}}}
        resource = resource_of(Document.of({**item, **kept}))
        assert resource is not None
        statuses.append(result(rule, resource).status)
    assert statuses == [Status.PASSED, Status.FAILED]


REQUIRED = RULE + "    required_properties:\n      AWS::S3::Bucket:\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            REQUIRED + "        VersioningConfigration: {Status: Enabled}\n",
            (
                "6:9: required_properties.AWS::S3::Bucket."
                "VersioningConfigration: is no property that an item of AWS::S3::Bucket has "
                "(did you mean VersioningConfiguration?)"
            ),
        ),
        (
            REQUIRED + "        VersioningConfiguration: {State: Enabled}\n",
            (
                "6:35: required_properties.AWS::S3::Bucket."
                "VersioningConfiguration.State: is no property that an item of AWS::S3::Bucket has "
                "(did you mean VersioningConfiguration.Status?)"
            ),
        ),
        (
            REQUIRED + "        BucketName: !Sub x\n",
            (
                "6:9: required_properties.AWS::S3::Bucket.BucketName: "
                "is no function that rules have; they have !Not, !Equals and !Ref"
            ),
        ),
        (
            REQUIRED + "        BucketName: !Not [a, b]\n",
            ("6:9: required_properties.AWS::S3::Bucket.BucketName: !Not must have 1 argument"),
        ),
        (
            REQUIRED + "        BucketName: !Ref Nothing\n",
            (
                "6:9: required_properties.AWS::S3::Bucket.BucketName: "
                "!Ref 'Nothing' names no parameter of the rule"
            ),
        ),
        (
            REQUIRED + "        BucketName: []\n",
            ("6:9: required_properties.AWS::S3::Bucket.BucketName: must list at least one value"),
        ),
        (
            RULE + "    required_properties: {AWS::EFS::FileSystem: {Encrypted: true}}\n",
            ("4:27: required_properties.AWS::EFS::FileSystem: is not among the rule's `resource_types`"),
        ),
        (
            "compliance_rules:\n  - name: a\n    resource_types: [AWS::S3::Buckt]\n",
            ("3:22: resource_types[0]: is no type that rules can be about (did you mean AWS::S3::Bucket?)"),
        ),
        (
            RULE + "    remediation: encrypt-buckets\n",
            ("4:5: remediation: is no remediation (did you mean encrypt-bucket?)"),
        ),
        (
            RULE + "    controls: [s3-encryption]\n",
            ("4:16: controls[0]: is no control (did you mean s3-default-encryption?)"),
        ),
        (
            RULE + "    severity: urgent\n",
            ("4:5: severity: must be one of low, medium, high, critical, not 'urgent'"),
        ),
        (
            RULE + "    expression: properties.BucketName ==\n    message: m\n",
            (
                "4:5: expression: is not an expression in CEL: a part is "
                "missing or not understood after properties.BucketName =="
            ),
        ),
        (
            RULE + "    expression: properties.Bucketname == 'a'\n    message: m\n",
            (
                "4:5: expression: names properties.Bucketname, which no item "
                "of AWS::S3::Bucket has (did you mean BucketName?)"
            ),
        ),
        (
            RULE + "    expression: size(properties) > 1\n    message: m\n",
            (
                "4:5: expression: must name the property that it reads, such as "
                "properties.Name, and has only properties after size("
            ),
        ),
        (
            RULE + "    expression: properties . Bucketname == 'a'\n    message: m\n",
            (
                "4:5: expression: names properties.Bucketname, which no item "
                "of AWS::S3::Bucket has (did you mean BucketName?)"
            ),
        ),
        (
            RULE + "    expression: properties.BucketName == 'a'\n",
            ("4:5: expression: needs a `message`, which is shown where the expression is false"),
        ),
        (
            RULE + "    examples: [{passes: {accountId: '1'}}]\n",
            ("4:17: examples[0].passes: is no item of AWS Config: accountId must be a 12-digit account id"),
        ),
    ],
)
def test_an_error_is_told_with_its_line_and_column(tmp_path: Path, text: str, told: str) -> None:
    assert flaws(tmp_path, text) == [told]


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    text = RULE + "    severity: urgent\n    remediation: nothing\n    surprise: 1\n"
    assert len(flaws(tmp_path, text)) == 3


def test_two_rules_cannot_have_one_name(tmp_path: Path) -> None:
    text = RULE + RULE.removeprefix("compliance_rules:\n")
    assert flaws(tmp_path, text) == [
        f"4:1: name: is also the name of the rule at {tmp_path / 'rules.yaml'}:2"
    ]


@pytest.mark.parametrize("text", ["a: [", "\tx", "compliance_rules: &a [*a]"])
def test_what_is_no_yaml_is_bad_input(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        load(tmp_path, text)


def test_a_file_that_does_not_exist_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load_rules([tmp_path / "none.yaml"], KNOWN)


def test_the_files_of_a_folder_are_read_in_order(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "c.txt"):
        text = RULE.replace("name: a", f"name: {name[0]}")
        (tmp_path / name).write_text(text, "utf-8")
    assert [one.rule.name for one in load_rules([tmp_path], KNOWN).rules] == ["a", "b"]


def test_a_scope_can_name_global_resources(tmp_path: Path) -> None:
    required = "    required_properties: {AWS::S3::Bucket: {BucketName: x}}\n"
    scoped = f"{RULE}{required}    scope: {{regions: [%s]}}\n"
    (loaded,) = load(tmp_path, scoped % "global, us-east-1")
    assert loaded.rule.scope.regions == ("global", "us-east-1")
    assert any("a region such as" in one for one in flaws(tmp_path, scoped % "everywhere"))


PROFILED = """\
compliance_rules:
  - name: a
    resource_types: [AWS::S3::Bucket]
    required_properties: {AWS::S3::Bucket: {BucketName: x}}
profiles:
  - name: payment
    controls: [s3-default-encryption]
    rules: [a]
"""


def test_a_profile_has_rules_and_controls(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(PROFILED, "utf-8")
    (found,) = load_rules([tmp_path], KNOWN).profiles
    assert found == Profile("payment", "payment", ("s3-default-encryption",), ("a",))
    rule = Rule("b", "b", (), controls=("s3-default-encryption",))
    assert (found.has(rule), found.has(replace(rule, controls=()))) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rules: [a]", "rules: [c]", "8:13: profiles[0].rules[0]: is no rule"),
        ("s3-default-encryption]", "s3-default-encrypt]", "profiles[0].controls[0]: is no control"),
        ("name: payment", "name: soc2", "profiles[0].name: is the name of a framework"),
        ("    rules: [a]\n", "", ""),
        ("    rules: [a]\n", "    rule: [a]\n", "profiles[0].rule: is not a known field"),
    ],
)
def test_an_error_of_a_profile_has_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    (tmp_path / "rules.yaml").write_text(PROFILED.replace(old, new), "utf-8")
    known = replace(KNOWN, frameworks=("soc2",))
    if not told:
        assert load_rules([tmp_path], known).profiles
        return
    with pytest.raises(InvalidRules) as caught:
        load_rules([tmp_path], known)
    assert told in "\n".join(str(flaw) for _, flaw in caught.value.flaws)


VERDICTS = {"encrypt-bucket": ("encrypted", "encrypted-kms")}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("remediation: encrypt-bucket\n    config_rule: encrypted-kms", ""),
        ("remediation: encrypt-bucket\n    config_rule: encrypted-kmz", "did you mean encrypted-kms"),
        ("config_rule: encrypted", "needs a `remediation`"),
    ],
)
def test_the_rule_of_aws_config_is_one_that_the_remediation_answers(
    tmp_path: Path, fields: str, told: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"{RULE.rstrip()}\n    {fields}\n", "utf-8")
    known = replace(KNOWN, verdicts=VERDICTS)
    if told:
        with pytest.raises(InvalidRules, match=told):
            load_rules([path], known)
    else:
        assert load_rules([path], known).rules[0].rule.config_rule == "encrypted-kms"


def test_a_rule_whose_remediation_answers_several_verdicts_is_noted_if_it_names_none(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"{RULE.rstrip()}\n    remediation: encrypt-bucket\n", "utf-8")
    notes = load_rules([path], replace(KNOWN, verdicts=VERDICTS)).rules[0].notes
    assert any("as the first one, unless `config_rule` names another" in str(one) for one in notes)
