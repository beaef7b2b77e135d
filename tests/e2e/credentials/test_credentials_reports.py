"""Reports of other kinds about credentials, each answered with IAM enforced: by change, or by word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ringfence.local.credential_findings import CredentialFinding
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL
from ringfence.record.facts import Intended
from tests.e2e import reports
from tests.e2e.belongings import Belongings
from tests.e2e.places import HOME_REGION, next_second
from tests.e2e.world import Inbox, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local.principals import KeyHolder
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"


def test_every_principal_of_an_attack_sequence_is_contained_and_all_are_one_incident(
    place: Place, holder: KeyHolder
) -> None:
    other = place.principals.holder(place.world.builder().name)
    session, beside = (place.principals.assume(other.other, other.role, name) for name in ("in", "out"))
    place.put(
        reports.attack_sequence(
            [reports.of_key(holder, holder.leaked), reports.of_session(other, session)],
            [reports.of_key(other, other.leaked)],
        )
    )
    refs = (holder.ref, other.ref, other.session_ref(session))
    assert len({place.over(ref).incident for ref in refs}) == 1
    assert place.works(holder.leaked, other.leaked, session) == [False] * 3
    assert place.works(holder.other, other.other, beside) == [True] * 3

    place.release(holder.ref)
    assert place.works(holder.leaked, other.leaked, session) == [True] * 3
    for ref in refs:
        place.prove(ref)


def test_a_console_user_is_contained_only_with_a_password_that_opens_nothing(
    place: Place, holder: KeyHolder
) -> None:
    """The report names a session: whether the intruder has the password or a key is not known."""
    Belongings.of(place.iam, holder).give_password()
    session = place.principals.session(holder.leaked)
    next_second()
    details = {**reports.of_key(holder, session), "principalId": ""}
    place.send(CredentialFinding(holder.account, HOME_REGION, details))
    user = UserRef(holder.account, GLOBAL, holder.name)
    verified = place.over(user).verified
    assert verified is not None
    assert place.works(session, holder.leaked, holder.other) == [False] * 3
    assert not any("password" in words for words in verified.open_access)

    place.release(user)
    told = place.run(user, "--option", "user-deny=sessions")
    verified = place.history(user).verified
    assert verified is not None
    assert not verified.contained
    assert any(f"user {holder.name} has a password" in words for words in verified.open_access)
    assert "not contained" in told
    assert "has a password" in told
    place.prove(user)


@pytest.mark.parametrize("about", [reports.about_a_bucket, reports.about_a_cluster])
def test_the_key_that_called_a_bucket_or_a_cluster_is_contained(
    place: Place, holder: KeyHolder, about: Callable[[reports.Json], reports.Json]
) -> None:
    place.put(about(reports.of_key(holder, holder.leaked)))
    place.over(holder.ref)
    assert place.works(holder.leaked, holder.other) == [False, True]
    place.prove(holder.ref)


def test_what_aws_began_in_the_users_name_is_finished(place: Place, holder: KeyHolder) -> None:
    """IAM's record is delivered in us-east-1 alone, and names the key with which the call was made."""
    attach = '{"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*"}'
    document = f'{{"Version": "2012-10-17", "Statement": [{attach}]}}'
    place.iam.put_user_policy(UserName=holder.name, PolicyName="attach", PolicyDocument=document)
    session = place.principals.session(holder.other)
    next_second()
    theirs = place.principals.client("iam", holder.leaked)
    theirs.attach_user_policy(UserName=holder.name, PolicyArn=QUARANTINE)
    user = UserRef(holder.account, GLOBAL, holder.name)
    assert place.over(holder.ref).incident == place.over(user).incident
    assert place.works(holder.leaked, session, holder.other) == [False, False, True]
    place.prove(holder.ref)
    place.prove(user)

    place.release(holder.ref)
    assert place.works(holder.leaked, session) == [True, True]
    attached = place.iam.list_attached_user_policies(UserName=holder.name)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [QUARANTINE], "AWS's own is not ours to detach"


def test_of_a_quarantine_that_tells_no_key_everything_of_the_user_is_refused(
    place: Place, holder: KeyHolder
) -> None:
    """Any of the keys may be the exposed one."""
    session = place.principals.session(holder.leaked)
    next_second()
    place.put(reports.quarantine(holder, QUARANTINE), GLOBAL)
    user = UserRef(holder.account, GLOBAL, holder.name)
    verified = place.over(user).verified
    assert verified is not None
    assert place.works(session, holder.leaked, holder.other) == [False] * 3
    assert verified.open_access == ()
    assert any(holder.leaked.key in words and holder.other.key in words for words in verified.exposure)
    place.prove(user)


def test_of_a_quarantined_users_only_key_it_is_known_that_it_was_exposed(
    place: Place, holder: KeyHolder
) -> None:
    place.iam.delete_access_key(UserName=holder.name, AccessKeyId=holder.other.key)
    next_second()
    place.put(reports.quarantine(holder, QUARANTINE), GLOBAL)
    user = UserRef(holder.account, GLOBAL, holder.name)
    place.over(user)
    assert place.works(holder.leaked) == [False]
    place.prove(user)

    place.release(user)
    assert place.works(holder.leaked) == [True]


@pytest.mark.shows("report-principal")
def test_of_the_root_user_a_person_is_told_what_nobody_can_do_from_inside(place: Place) -> None:
    inbox, account = Inbox(place.world), place.world.local.account
    ref = RootRef(account, GLOBAL, "root")
    details = {"accessKeyId": "AKIAEXAMPLEROOT00001", "principalId": account}
    details |= {"userName": "Root", "userType": "Root"}
    place.send(CredentialFinding(account, HOME_REGION, details))
    until(lambda: place.history(ref).entries, "the report is recorded")
    until(lambda: inbox.told("NOT contained: root"), "a person is told at once")

    done = place.run(ref, "--wait", "0")
    history = place.history(ref)
    verified = history.verified
    assert verified is not None, done
    assert not verified.contained
    assert any("sts:AssumeRoot" in words for words in verified.review)
    assert any("service control policy" in words for words in verified.review)
    assert not history.of(Intended)
    until(lambda: inbox.told("NOT contained: root"), "a person is told of that too")
    place.prove(ref)


@pytest.mark.shows("collect-evidence")
def test_what_cloudtrail_shows_late_is_found_at_a_second_look(place: Place, holder: KeyHolder) -> None:
    """A record that is made after the first look stands for one that CloudTrail showed late."""
    principals, ref = place.principals, UserRef(holder.account, GLOBAL, holder.name)
    namesake = principals.assume(holder.leaked, holder.role, holder.name)
    session = principals.session(holder.leaked)
    place.world.quiet()
    next_second()
    details = {**reports.of_key(holder, session), "principalId": ""}
    place.send(CredentialFinding(holder.account, HOME_REGION, details))
    verified = place.over(ref).verified
    assert verified is not None
    assert len(verified.review) == 2, "the session and the role"
    # Messages of other tests can wait there as well: nobody may purge the queue.
    until(lambda: place.waiting_for_later() > 0, "it is to be looked at once more")
    waiting = place.waiting_for_later()

    trust = place.iam.get_role(RoleName=holder.role)["Role"]["AssumeRolePolicyDocument"]
    own = {"AWS": f"arn:aws:iam::{holder.account}:role/{holder.role}"}
    trust["Statement"].append({"Effect": "Allow", "Principal": own, "Action": "sts:AssumeRole"})
    place.iam.update_assume_role_policy(RoleName=holder.role, PolicyDocument=json.dumps(trust))
    principals.assume(namesake, holder.role, "late")  # CloudTrail shows it under the user's name too
    place.look_again(ref)
    late = until(lambda: found_more(place, ref, 2), "the late record is found")
    assert set(verified.review) < set(late)
    place.world.quiet()
    assert place.waiting_for_later() <= waiting, "twice is enough"
    assert place.works(session, holder.other) == [False, False]
    place.prove(ref)


def found_more(place: Place, ref: UserRef, known: int) -> tuple[str, ...]:
    """Return what is for a person to review, once it is more than was known."""
    verified = place.history(ref).verified
    return verified.review if verified and len(verified.review) > known else ()
