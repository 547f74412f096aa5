"""The commands. Each module holds one and is imported when its command is called, not before."""
