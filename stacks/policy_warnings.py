"""What is valid in the policy and probably not meant: the CDK shows it as warnings at the synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, Stack

from ringfence.handlers.outputs import options
from ringfence.policy.file import checked
from ringfence.runbooks.catalogue import CATALOGUE
from stacks.settings import ROOT

if TYPE_CHECKING:
    from datetime import date

    from aws_cdk import App

    from stacks.settings import Settings


def warn_of_policy(app: App, settings: Settings, today: date) -> None:
    """Give the first stack a warning for each warning of `ringfence policy check`, with its line."""
    if not settings.is_home:
        return
    name = settings.policy_file or "policy.yaml"
    _, warnings = checked(ROOT / name, CATALOGUE, today, settings.home, outputs=options())
    first = next(one for one in app.node.children if isinstance(one, Stack))
    for one in warnings:
        id_ = one.field.replace("[", ".").replace("]", "")  # the CDK ends an id at its first bracket
        Annotations.of(first).add_warning_v2(f"ringfence:policy:{id_}", f"{name}:{one}")
