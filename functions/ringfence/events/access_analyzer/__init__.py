"""Findings of IAM Access Analyzer: a resource is shared with somebody outside of the zone of trust."""
