"""Whole configuration repositories with what is planned from them, found by listing the folders beside this file."""
