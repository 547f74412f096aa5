"""Use cases: one pass from a source to a plan, and what is asked around it. They know protocols, not adapters."""
