"""Generate the documentation and requirements.txt: `make docs`."""

from __future__ import annotations

from pathlib import Path

from ringfence.policy.published import published_text
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.function_code import export
from stacks.service_control_policy import service_control_policy, text
from tests.support.shown import NOT_SHOWN
from tools import (
    activity_page,
    building_blocks,
    claims,
    controls_page,
    costs,
    incident_status,
    json_page,
    kinds,
    notices,
    openapi,
    outputs_page,
    policy_page,
    record_vectors,
    rules_page,
)
from tools.catalogue import index, page, with_list
from tools.runbook_picture import picture

ROOT = Path(__file__).resolve().parent.parent
README, RUNBOOKS = ROOT / "README.md", ROOT / "docs" / "runbooks"
KINDS = ROOT / "docs" / "kinds.md"
BLOCKS = ROOT / "docs" / "building-blocks.md"
SCP = ROOT / "docs" / "scp.json"
POLICY_PAGE = ROOT / "docs" / "policy.md"
POLICY_SCHEMA = ROOT / "docs" / "policy-schema.json"
COSTS = ROOT / "docs" / "costs.md"
CONTROLS = ROOT / "docs" / "controls.md"
CLAIMS = ROOT / "docs" / "claims.md"
STATUSES = ROOT / "docs" / "incident-status.md"
JSON_PAGE = ROOT / "docs" / "json-output.md"
JSON_SCHEMAS = ROOT / "docs" / "json-output-schema.json"
NOTICES = ROOT / "docs" / "notices.md"
NOTICE_SCHEMA = ROOT / "docs" / "notice-schema.json"
OUTPUTS = ROOT / "docs" / "outputs.md"
RULES = ROOT / "docs" / "rules.md"
ACTIVITY = ROOT / "docs" / "activity-rules.md"
VECTORS = ROOT / "docs" / "record-format.json"
OPENAPI, FINDING_SCHEMA = ROOT / "docs" / "openapi.json", ROOT / "docs" / "finding-schema.json"
FINDINGS_PAGE = ROOT / "docs" / "findings-api.md"
OPERATORS_OPENAPI = ROOT / "docs" / "operator-openapi.json"
OPERATORS_PAGE = ROOT / "docs" / "operator-api.md"
REQUIREMENTS = ROOT / "requirements.txt"


def requirements(text: str) -> str:
    """Return a new requirements.txt. Its first line, which says how it is generated, stays."""
    return "\n".join((text.partition("\n")[0], export("--no-default-groups", "--group", "infra")))


def pages_of_runbooks() -> dict[str, str]:
    """Return the files of docs/runbooks by name: the table, and a page and a picture for each runbook."""
    runbooks = tuple(CATALOGUE.values())
    found = {"README.md": index(runbooks, NOT_SHOWN)}
    for one in runbooks:
        found |= {f"{one.id}.md": page(one, NOT_SHOWN), f"{one.id}.svg": picture(one)}
    return found


def main() -> None:
    """Write the README's list of runbooks, the generated pages of docs/ and requirements.txt."""
    runbooks = tuple(CATALOGUE.values())
    README.write_text(with_list(README.read_text("utf-8"), runbooks), "utf-8")
    for name, text_of_page in pages_of_runbooks().items():
        (RUNBOOKS / name).write_text(text_of_page, "utf-8")
    KINDS.write_text(kinds.document(), "utf-8")
    BLOCKS.write_text(building_blocks.document(), "utf-8")
    COSTS.write_text(costs.document(), "utf-8")
    CONTROLS.write_text(controls_page.document(), "utf-8")
    CLAIMS.write_text(claims.document(), "utf-8")
    STATUSES.write_text(incident_status.document(), "utf-8")
    POLICY_PAGE.write_text(policy_page.document(), "utf-8")
    POLICY_SCHEMA.write_text(published_text(), "utf-8")
    SCP.write_text(text(service_control_policy()), "utf-8")
    JSON_PAGE.write_text(json_page.document(), "utf-8")
    JSON_SCHEMAS.write_text(json_page.schemas(), "utf-8")
    NOTICES.write_text(notices.document(), "utf-8")
    NOTICE_SCHEMA.write_text(notices.schema_text(), "utf-8")
    OUTPUTS.write_text(outputs_page.document(), "utf-8")
    RULES.write_text(rules_page.document(), "utf-8")
    OPENAPI.write_text(openapi.text(openapi.FINDINGS_API), "utf-8")
    OPERATORS_OPENAPI.write_text(openapi.text(openapi.OPERATORS_API), "utf-8")
    OPERATORS_PAGE.write_text(openapi.with_routes(OPERATORS_PAGE.read_text("utf-8")), "utf-8")
    ACTIVITY.write_text(activity_page.document(), "utf-8")
    FINDING_SCHEMA.write_text(openapi.finding_schema(), "utf-8")
    FINDINGS_PAGE.write_text(openapi.with_fields(FINDINGS_PAGE.read_text("utf-8")), "utf-8")
    VECTORS.write_text(record_vectors.document(), "utf-8")
    REQUIREMENTS.write_text(requirements(REQUIREMENTS.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
