"""Okta as a target: memberships that people edited in the directory go to its groups and apps."""
