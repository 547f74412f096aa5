"""Tests of applying plans and of people's own hand."""
