"""A year of weeks pushed to one service: what it holds and what it is asked stay as they were."""
