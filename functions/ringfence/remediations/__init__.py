"""One file for each remediation, named after its id: declaration and planner."""
