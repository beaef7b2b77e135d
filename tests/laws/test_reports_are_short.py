"""A report of a law that fails shows the values of its counterexample, and nothing that a class declares."""

from __future__ import annotations

import pytest
from hypothesis.vendor.pretty import pretty

from ringfence.remediations.version_bucket import ENABLED, BucketVersioning, SetBucketVersioning
from tests.support.strategies.buckets import BUCKET

REF = "BucketRef(account='111122223333', region='eu-west-1', id='shop-pictures')"


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (BUCKET, REF),
        (
            BucketVersioning(ENABLED, mfa_delete=True),
            "BucketVersioning(readable=True, status='Enabled', mfa_delete=True)",
        ),
        (
            SetBucketVersioning(BUCKET, "", ENABLED),
            f"SetBucketVersioning(bucket={REF}, before='', after='Enabled')",
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_value_is_shown_with_its_fields(one: object, shown: str) -> None:
    assert " ".join(pretty(one).split()) == shown
