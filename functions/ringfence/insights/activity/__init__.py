"""Rules that find suspicious activity in CloudTrail's records, with state over many records."""
