"""From CloudTrail's records to findings: of calls, uses of the root user, and the quarantine of a user."""
