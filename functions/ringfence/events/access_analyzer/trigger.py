"""The events of IAM Access Analyzer. The intake takes them in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.told_sources import ACCESS_ANALYZER

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = ACCESS_ANALYZER
FINDING = "Access Analyzer Finding"
TAKEN_IN: tuple[Mapping[str, list[str]], ...] = ({"source": [SOURCE], "detail-type": [FINDING]},)
