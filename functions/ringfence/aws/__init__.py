"""The only package that uses boto3."""
