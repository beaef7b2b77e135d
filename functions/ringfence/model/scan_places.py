"""Names that the stack of scheduled scans and its function share."""

from __future__ import annotations

BUCKET = "RINGFENCE_SCAN_BUCKET"
"""The variable with the name of the bucket for results."""
POINTS = "RINGFENCE_SCAN_DROP"
"""The variable with the number of points that the score may fall before people are notified."""
FINDINGS_URL = "RINGFENCE_FINDINGS_URL"
"""The variable with the URL of the API for findings. It is set if the policy lets the function send some."""
RULES_FILE, MANUAL_FILE = "rules.json", "manual.json"
"""The compiled rules and the manual controls, in the folder of the function's code."""
