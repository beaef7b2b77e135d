"""Findings in AWS Security Hub: each becomes the event that the service which found it would have sent."""
