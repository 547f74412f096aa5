"""Mutants: copies of the program with one small mistake each. One that fails no test would reach users unseen.

`just mutate` runs a sample; `accepted.toml` keeps those that may survive, each with its reason.
"""
