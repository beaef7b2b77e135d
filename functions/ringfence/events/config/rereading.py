"""How verdicts of AWS Config are checked at their source."""

from __future__ import annotations

from ringfence.events.config.trigger import ConfigTrigger
from ringfence.events.rereading import RETRIED, Rereading

REREADINGS = (
    Rereading(
        "AWS Config",
        (ConfigTrigger,),
        "results of managed rules, also as failed controls of Security Hub",
        "the rule, with `DescribeConfigRules`: whether it is AWS's managed rule. A failed control of "
        "Security Hub without a rule needs a rule with that source identifier in its account and region. The "
        "setting that the rule judges is read from the resource itself: a resource that is compliant is not "
        "changed",
        refuted="nothing is changed; notification",
        unknown=RETRIED,
        claim="ManagedRule",
    ),
)
