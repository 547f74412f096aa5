"""A plan without people: pseudonyms in place of names, and nothing left by which somebody could be known."""
