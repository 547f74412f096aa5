"""Measures idsync as whole processes on made-up organizations of any size, as ratios to a yardstick of the same run."""
