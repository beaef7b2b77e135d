"""The command line: translates arguments and prints results."""
