"""What the commands print with `--json`, as JSON Schemas."""
