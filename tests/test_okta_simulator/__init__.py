"""Tests of the simulated Okta organization itself."""
