"""What each Lambda function does."""
