"""The confirmation of the AWS Config rule behind a finding, before any change.

An event contains the name that the rule's owner chose. The rule itself contains what it checks.
https://docs.aws.amazon.com/config/latest/APIReference/API_Source.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value

if TYPE_CHECKING:
    from ringfence.model.document import Document

PREFIX = "Config:"
"""The prefix of the finding types of AWS Config. The name of the managed rule follows."""
RULE_NAME = re.compile(r"[\w.-]{1,128}", re.ASCII)
"""The names of rules that Ringfence answers. AWS Config also accepts other characters.

https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
"""
RULE_NAME_WORDS = "the name of a rule: letters, digits, -, _ and ."
AWS = "AWS"
"""The owner in the source of a managed rule."""
NO_RULE = ("NoSuchConfigRuleException",)
"""The answer for a rule that does not exist, or no longer."""


@value
class ManagedRule:
    """The claim that the rule `name` in `region` is AWS's managed rule `identifier`.

    Without a name, any rule there can be it.
    """

    name: str
    identifier: str
    region: str

    source: ClassVar[str] = "config"
    waits: ClassVar[bool] = True
    permissions: ClassVar = (
        Permission("config:DescribeConfigRules", ("*",), reason="the action has no resource types"),
    )

    def confirm(self) -> SansIO[str]:
        """Read the rule's source."""
        (answer,) = yield (
            Call(
                "config",
                "DescribeConfigRules",
                {"ConfigRuleNames": [self.name]} if self.name else {},
                pages=not self.name,
                expected=NO_RULE,
                region=self.region,
            ),
        )
        if isinstance(answer, Failed):
            return f"AWS Config no longer has the rule {self.name}; a person must check"
        for rule in answer.children("ConfigRules"):
            is_named = self.name in ("", rule.optional_text("ConfigRuleName"))
            if is_named and is_managed(rule, self.identifier):
                return ""
        if not self.name:
            return f"AWS Config has no managed rule {self.identifier} in {self.region}; a person must check"
        return f"the Config rule {self.name} is not AWS's managed rule {self.identifier}; a person must check"


def is_managed(rule: Document, identifier: str) -> bool:
    """Return whether a rule, as DescribeConfigRules shows it, is AWS's managed rule of that identifier."""
    source = rule.child("Source")
    found = (source.optional_text("Owner"), source.optional_text("SourceIdentifier"))
    return found == (AWS, identifier)
