"""What logs show that nobody looked for: packs of queries."""
