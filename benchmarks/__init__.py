"""Speed, counted: calls and round trips, cold starts as ratios to plain boto3, events on the local AWS."""
