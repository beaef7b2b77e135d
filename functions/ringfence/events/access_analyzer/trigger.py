"""The events of IAM Access Analyzer. The intake takes them in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "aws.access-analyzer"
FINDING = "Access Analyzer Finding"
TAKEN_IN: tuple[Mapping[str, list[str]], ...] = ({"source": [SOURCE], "detail-type": [FINDING]},)
