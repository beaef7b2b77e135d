"""Compromised credentials, IAM enforced, in a region to which the events of us-east-1 must come home."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.credential_findings import CredentialFinding, exposed_entry
from ringfence.local.credentials_demo import is_over
from ringfence.model.document import Document
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.revocation_list import LIST, listed_in
from ringfence.observations.iam.revocations import Revocation, revocation, revocation_name, whole_second
from ringfence.record.facts import FindingReceived, Planned
from ringfence.steps.iam.ended_revocations import MANY
from ringfence.steps.iam.used_roles import RevokeUsedRole
from tests.e2e.places import HOME_REGION, after_cut_off, next_second
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.principals import Credentials, KeyHolder
    from ringfence.record.history import History
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Leak:
    """A user whose leaked key was reported, and whose report came after the sessions that it began."""

    holder: KeyHolder
    earlier: Credentials
    assumed: Credentials
    policies: dict[str, tuple[str, ...]]
    history: History


@pytest.fixture(scope="module")
def leak(place: Place) -> Leak:
    principals = place.principals
    holder = principals.holder(place.world.builder().name)
    earlier = principals.session(holder.leaked)
    assumed = principals.assume(holder.leaked, holder.role, "backup")
    policies = principals.policies(holder)
    assert place.works(holder.leaked, holder.other, earlier, assumed) == [True] * 4
    place.send(
        CredentialFinding.of_key(holder, HOME_REGION, updated=datetime.now(UTC) - timedelta(minutes=12))
    )
    return Leak(holder, earlier, assumed, policies, place.over(holder.ref))


@pytest.mark.shows("deactivate-access-key", "deny-principal")
def test_the_key_and_the_sessions_that_it_began_since_the_finding_are_refused(
    place: Place, leak: Leak
) -> None:
    """The finding is from before them: what counts is when the denial was made."""
    assert place.works(leak.holder.leaked, leak.earlier) == [False, False]


def test_the_other_key_and_new_sessions_of_it_work(place: Place, leak: Leak) -> None:
    after_cut_off()
    new = place.principals.session(leak.holder.other)
    assert place.works(leak.holder.other, new) == [True, True]


def test_the_roles_that_it_assumed_and_the_other_key_are_named_and_keep_it_from_being_contained(
    leak: Leak,
) -> None:
    """The intruder still has a session of the role. Who has the other key is not known."""
    verified = leak.history.verified
    assert verified is not None
    assert (verified.contained, verified.complete) == (False, False)
    assert any(f"role/{leak.holder.role}" in words for words in verified.open_access)
    assert any(leak.holder.other.key in words for words in verified.open_access)


def test_the_chain_is_sound_and_every_entry_is_archived(place: Place, leak: Leak) -> None:
    place.prove(leak.holder.ref)


def test_a_release_restores_exactly_what_was(place: Place, leak: Leak) -> None:
    place.release(leak.holder.ref)
    assert place.works(leak.holder.leaked, leak.holder.other, leak.earlier) == [True] * 3
    assert place.principals.policies(leak.holder) == leak.policies


def test_a_key_that_was_inactive_stays_so_after_a_release(place: Place, holder: KeyHolder) -> None:
    place.iam.update_access_key(UserName=holder.name, AccessKeyId=holder.leaked.key, Status="Inactive")
    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    place.over(holder.ref)
    place.release(holder.ref)
    assert place.principals.status(holder, holder.leaked) == "Inactive"
    assert place.works(holder.other) == [True]


def test_by_choice_everything_of_the_user_is_refused(place: Place, holder: KeyHolder) -> None:
    told = place.run(holder.ref, "--option", "user-deny=everything")
    assert is_over(place.history(holder.ref).verified), told
    assert place.works(holder.leaked, holder.other) == [False, False]
    assert place.works(place.principals.session(holder.other)) == [False]


def test_an_mfa_device_that_was_registered_since_is_named_and_stays(place: Place, holder: KeyHolder) -> None:
    finding = CredentialFinding.of_key(holder, HOME_REGION)
    next_second()
    made = place.iam.create_virtual_mfa_device(VirtualMFADeviceName=holder.name)["VirtualMFADevice"]
    given = {"UserName": holder.name, "SerialNumber": made["SerialNumber"]}
    place.iam.enable_mfa_device(**given, AuthenticationCode1="123456", AuthenticationCode2="654321")
    place.send(finding)
    verified = place.over(holder.ref).verified
    assert verified
    assert any(f"MFA device {made['SerialNumber']} was registered" in words for words in verified.review)
    (kept,) = place.iam.list_mfa_devices(UserName=holder.name)["MFADevices"]
    assert kept["SerialNumber"] == made["SerialNumber"]


def revoke_often(place: Place, role: str) -> frozenset[Revocation]:
    """Let other incidents have revoked the role's sessions, an hour ago. They fill its policies together."""
    at = whole_second(datetime.now(UTC) - timedelta(hours=1))
    found = frozenset(Revocation(at, f"{number:010x}") for number in range(MANY))
    for one in found:
        name, document = revocation_name(one.instant, one.holder), json.dumps(revocation(one.instant))
        place.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    return found


@pytest.mark.shows("revoke-used-roles")
def test_by_choice_the_older_sessions_of_the_roles_that_it_assumed_are_refused(
    place: Place, holder: KeyHolder
) -> None:
    """By default they are named and left: everybody who uses the role would have to begin anew."""
    assumed = place.principals.assume(holder.leaked, holder.role, "backup")
    described = place.iam.get_role(RoleName=holder.role)["Role"]
    role, trust = described["Arn"], described["AssumeRolePolicyDocument"]
    service = {"Service": "lambda.amazonaws.com"}
    trust["Statement"].append({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})
    place.iam.update_assume_role_policy(RoleName=holder.role, PolicyDocument=json.dumps(trust))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("resize.py", "")
    used = {"Runtime": "python3.12", "Handler": "resize.handler", "Code": {"ZipFile": code.getvalue()}}
    functions = place.world.local.client("lambda", region=GLOBAL)
    functions.create_function(FunctionName=f"resize-{holder.name}", Role=role, **used)
    next_second()
    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    place.over(holder.ref)
    assert place.works(assumed) == [True]
    others = revoke_often(place, holder.role)
    told = place.run(holder.ref, "--remediation", "revoke-used-roles")
    assert place.works(assumed) == [False], told
    names = place.iam.list_role_policies(RoleName=holder.role)["PolicyNames"]
    assert LIST in names
    assert not set(names) & {revocation_name(one.instant, one.holder) for one in others}
    policy = place.iam.get_role_policy(RoleName=holder.role, PolicyName=LIST)
    assert listed_in(Document.of(policy)) == others
    planned = [step for plan in place.history(holder.ref).of(Planned) for step in plan.steps]
    costs = [step.side_effects() for step in planned if isinstance(step, RevokeUsedRole)]
    assert any(f"resize-{holder.name}" in words for words in costs), costs  # the blast radius
    after_cut_off()
    assert place.works(place.principals.assume(holder.other, holder.role, "later")) == [True], told


def test_of_a_role_the_named_session_alone_is_refused(place: Place, holder: KeyHolder) -> None:
    named, beside = (
        place.principals.assume(holder.other, holder.role, name) for name in ("intruder", "reports")
    )
    assert place.works(named, beside) == [True, True]
    place.send(CredentialFinding.of_session(holder, named, HOME_REGION))
    place.over(holder.session_ref(named))
    assert place.works(named, beside, holder.other) == [False, True, True]
    again = place.principals.assume(holder.other, holder.role, "later")
    assert place.works(again) == [True]
    after_cut_off()
    namesake = place.principals.assume(holder.other, holder.role, "intruder")
    assert place.works(namesake, named) == [True, False], "whoever else has this name can start a new session"
    assert place.history(holder.session_ref(named)).verified


def test_a_role_that_is_named_like_one_of_ringfence_is_contained_like_any_other(place: Place) -> None:
    """Everybody who may create a role chooses its name, and a name must make nobody immune."""
    holder = place.principals.holder(f"ringfence-{place.world.builder().name}")
    assert holder.role.startswith("ringfence-")
    named = place.principals.assume(holder.other, holder.role, "intruder")
    place.send(CredentialFinding.of_session(holder, named, HOME_REGION))
    place.over(holder.session_ref(named))
    assert place.works(named) == [False]


def test_stolen_credentials_of_an_instance_are_answered_by_both_runbooks_as_one_incident(
    place: Place,
) -> None:
    builder = place.world.builder()
    role = builder.profile()
    server = builder.launch(builder.ground(), builder.name, role)
    role_id = place.world.client("iam").get_role(RoleName=role)["Role"]["RoleId"]
    finding = CredentialFinding.of_theft(server, f"{role_id}:{server.ref.id}", role)
    place.send(finding)
    instance = place.world.complete(server)
    session = place.over(finding.session)
    assert instance.incident == session.incident
    assert place.world.inspector().closed(server)
    portrait = place.world.inspector().portrait(server, role)
    assert portrait["sessions of its role"] == "denied everything"


def test_healths_event_comes_home_from_us_east_1_and_guarddutys_finding_joins_it(
    place: Place, holder: KeyHolder
) -> None:
    there = place.world.local.client("events", region=GLOBAL)
    entry: Any = exposed_entry(holder, datetime.now(UTC) - timedelta(seconds=5))
    assert there.put_events(Entries=[entry])["FailedEntryCount"] == 0
    first = place.over(holder.ref)
    assert place.works(holder.leaked, holder.other) == [False, True]
    told = [one.finding for one in first.of(FindingReceived)]
    assert [one.first_seen for one in told] == [one.updated_at - timedelta(minutes=2) for one in told]
    place.send(CredentialFinding.of_key(holder, HOME_REGION))
    sources = until(lambda: both(place, holder), "both reports are recorded")
    assert sources == ["aws.guardduty", "aws.health"]
    assert place.history(holder.ref).incident == first.incident


def both(place: Place, holder: KeyHolder) -> list[str]:
    """Return who reported the key, once there is more than one report."""
    received = place.history(holder.ref).of(FindingReceived)
    return sorted(one.finding.source for one in received) if len(received) > 1 else []
