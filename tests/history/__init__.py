"""Tests of questions about then."""
