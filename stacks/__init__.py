"""The CDK stacks. They read the declarations of `ringfence` and name no remediation."""
