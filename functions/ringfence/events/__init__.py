"""Parsers: events of AWS services in, findings out. Standard library and core only."""
