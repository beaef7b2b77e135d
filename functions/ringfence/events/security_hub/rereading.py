"""How findings in Security Hub are checked at their source."""

from __future__ import annotations

from ringfence.events.rereading import BY_POLICY, NOTHING_CHANGES, Rereading

REREADINGS = (
    Rereading(
        "Security Hub",
        (),
        "findings of GuardDuty, and failed controls with a rule of AWS Config behind them",
        "what the row of GuardDuty or of AWS Config says: the intake turns them into the events of that "
        "service",
        confirmed="as in that row",
        changes=False,
    ),
    Rereading(
        "Security Hub",
        (),
        "findings of other products, for which `mappings` of the policy or the shipped table names a runbook",
        "the finding, with `GetFindings` of Security Hub CSPM or `GetFindingsV2` of the new Security Hub, in "
        "its account and region, beside the first read of the resource. This proves that the product "
        "imported it. Nobody can be asked whether it is true. So the mode is at most `approve`, unless the "
        "entry of `mappings` sets a higher `mode`. That has no effect for products of the account itself, "
        "whose findings everybody who may import findings can write",
        confirmed="the policy's decision stands, with at most the mode of the entry",
        refuted=f"{NOTHING_CHANGES}. It is refuted if Security Hub's finding has another account, region, "
        "type or resource, or a lower severity. A finding that Security Hub does not have is asked for again "
        "for two minutes",
        unknown="the mode is at most `approve`: a person approves",
        blinded=f"{BY_POLICY}, with at most `approve`. It is blinded if Security Hub is not enabled in the "
        "account and region, or if somebody archived, suppressed or resolved the finding since its event",
        claim="ImportedFinding",
    ),
)
