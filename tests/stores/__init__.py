"""Tests of the stores: each protocol has a suite that runs on every implementation."""
