"""The stories under examples/: each is planned as its folder says."""
