"""The command line: what it prints where, and which exit code it ends with."""
