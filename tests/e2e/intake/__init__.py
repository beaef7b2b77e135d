"""A package, so that its deployments end with its last test, and not with the session."""
