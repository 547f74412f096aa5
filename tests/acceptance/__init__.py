"""The real program as a process, from an empty folder to an empty plan."""
