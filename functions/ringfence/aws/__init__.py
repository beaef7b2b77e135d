"""The only home of boto3."""
