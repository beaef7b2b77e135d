"""One package for each event source: its trigger and its parser."""
