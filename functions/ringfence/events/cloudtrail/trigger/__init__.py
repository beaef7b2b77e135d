"""Which recorded calls call for a remediation, and the EventBridge patterns that deliver them."""
