"""Whether a set-up works, without an Okta."""
