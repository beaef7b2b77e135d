"""Scheduled scans: rules as code over the accounts and regions of the policy's scope.

Their function has its own bundle, because it needs an evaluator of CEL. No other function imports this
package.
"""
