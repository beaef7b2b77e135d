"""docs/policy.md: the policy file, from its schema and the shipped policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.policy.extend import shipped
from ringfence.policy.limits import CRITICAL_DEFAULTS, DEFAULTS, SHARED, WINDOWS
from ringfence.policy.lookup import get, items_of, mapping_of
from ringfence.policy.published import published
from ringfence.policy.schema import LOOK_FIELDS, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = """# The policy

`make docs` generates this file from the schema of the policy and from the shipped policies. Do not edit it.

The policy file decides what Ringfence may do on its own. `ringfence policy check` finds all errors and
warnings in it, [policy-schema.json](policy-schema.json) lets editors complete and check it, `ringfence
policy show` names the rule and the line that decide about a finding or a resource, and `ringfence policy
diff` shows what another file changes.

## How a mode is decided

1. Nothing outside the scope is changed. Archived findings and samples are ignored unless `findings` says
   otherwise.
2. The rules are read from the top. The first one that matches decides. Then those of the shipped policy
   follow, and then `default`.
3. If a rule names remediations, the other remediations of the runbook follow the rules after it. A
   remediation that needs another one never runs in a higher mode than that one.
4. A finding that shows no compromise, and a resource that is protected, lead to a notification at most.
5. Remediations that can break a workload stay dry runs until `allow` lists them, whatever the rules say.
6. The resource is read. Rules of caution, which match on {looks}, now lower the mode if they come before
   the rule that decided. They never raise it.

**What is not known.** A rule can depend on what is not known: on the organization if it could not be read,
on an unknown time zone, on who uses an access key, or on a resource that could not be read. Then a person
is asked (`approve`), if the rule or what follows it would allow a change. The reason of the decision says
what was not known.

**What is held back.** What the read of a resource speaks against waits for a person, although the rule says
`auto`: to isolate a host of containers, to contain what is likely needed in an emergency, or to change what a
tag says is meant to be so. The rest runs. `findings: {{held-back: dry-run}}` only records the plan instead.

**Time windows.** `during` holds on some days of the week, in some hours, in a time zone. The end of the
hours is not included. Hours that end on the next day, such as `22:00-06:00`, belong to the day on which
they start. On `holidays` the window is closed. The time is that of the decision, not that of the finding.

**Severity.** `severity: high` means high or more. `severity: {{from: medium, to: high}}` includes all of
high.

**Who is affected.** `affects` is known from the kind of resource. The root user, password policies and
sessions of IAM Identity Center belong to people. Instances, buckets, networks and logs belong to workloads,
and so do the sessions of instances. Of other principals it is not known.

**Exemptions and protected resources.** `exempt` is for some remediations or for all, and a person can run
them with `--despite-exempt`. What `protected` names is changed by nothing, not even by a person's run. Both
cover what a user or a role holds: its keys, sessions and login. AWS says who holds a key or a session. An
entry with `expires` has no effect after that day; the hourly self-check then sends a notification. The
roles of Ringfence itself are always protected.

**Organizational units and account tags.** `organization` in the policy file says for each account its
organizational units, as ids or as paths of names, and its tags. Rules match on them with
`organizational-units` and `account-tags`. Ringfence does not read AWS Organizations. About an account that is
not in `organization`, such rules lead to the question described above, and `policy check` reports that.

"""


def document() -> str:
    """Return the whole page."""
    looks = ", ".join(f"`{name}`" for name in LOOK_FIELDS)
    return _HEAD.format(looks=looks) + "\n".join((*_fields(), *_limits(), *_shipped())) + "\n"


def _fields() -> Iterator[str]:
    schema = published()
    yield "## Fields"
    yield ""
    yield from _table(("Field", "Value"), _properties(schema))
    for field, title in (("rules", "Rules"), ("protected", "Protected"), ("exempt", "Exemptions")):
        yield from ("", f"## {title}", "")
        yield from _table(
            ("Field", "Value"), _properties(get(get(get(schema, "properties"), field), "items"))
        )


def _properties(schema: object) -> Iterator[tuple[str, ...]]:
    required = items_of(get(schema, "required"))
    for name, value in mapping_of(get(schema, "properties")).items():
        needed = "; required" if name in required else ""
        yield f"`{name}`", f"{get(value, 'description')}{needed}"


_LIMITS = """
## Limits

`limits` sets how many responses may break a workload without a person, for each scope, in each hour and in
each day. Past a limit, a person is asked (`approve`). The table shows the defaults. 0 means no limit. Every
number can be set: `limits: {{account: {{hour: 5}}}}`.

- One response to one subject counts once, with everything that it does in its incident. It counts if it
  takes the subject out of service, or runs a remediation that can break a workload. Evidence and
  notifications never count, and neither does what a person runs or approves.
- Findings of severity 9 and more, and findings of AWS Health about a leaked key, have a separate budget,
  below `critical`. Nobody can use it up with other findings. It does not exist for `{shared}`.
- `subject` limits how often new incidents about the same subject lead to changes.
- The VPC and the Auto Scaling group are those of an instance, and the role is that of a session.
- `limits: {{auto-scaling-group: {{share: 20}}}}` allows no more than 20 percent of a group, and at least one
  instance, to be contained at a time without a person. An instance counts until it is released or gone. The
  size of a group is its desired capacity. Ringfence reads it after a containment and uses it for a week.
  Until the size is known, one is contained at a time. The default is 0: no share.
"""


def _limits() -> Iterator[str]:
    yield _LIMITS.format(shared="` and `".join(SHARED))
    critical = {one.scope: one for one in CRITICAL_DEFAULTS}
    names = [name for name, _ in WINDOWS]
    heads = (
        "Scope",
        *(f"In one {name}" for name in names),
        *(f"`critical`, in one {name}" for name in names),
    )
    rows = (
        (
            f"`{one.scope}`",
            *(str(getattr(one, name)) for name in names),
            *(str(getattr(critical[one.scope], name)) if one.scope in critical else "none" for name in names),
        )
        for one in DEFAULTS
    )
    yield from _table(heads, rows)


def _shipped() -> Iterator[str]:
    yield from ("", "## Shipped policies", "", "A file uses one of them with `extends`.")
    for name in SHIPPED:
        plain = shipped(name).plain
        yield from (
            "",
            f"### `{name}`",
            "",
            f"The mode of everything that no rule names is `{get(plain, 'default')}`.",
            "",
        )
        rows = (
            (f"{get(one, 'name')}", f"`{get(one, 'mode')}`", f"{get(one, 'reason')}")
            for one in items_of(get(plain, "rules"))
        )
        yield from _table(("Rule", "Mode", "Reason"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
