"""Tests of the targets: one suite for the protocol, run on every implementation."""
