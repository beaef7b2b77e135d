"""Rules as code: what a resource must look like, and what an item of AWS Config says about it. Pure."""
