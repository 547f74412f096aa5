"""The command line: one file a command, each parse → use case → render → exit code."""
