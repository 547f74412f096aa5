"""Whether a set-up works: each part is tried by its cheapest call, and what does not work is told with its remedy."""
