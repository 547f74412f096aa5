"""The tests of idsync, a package so that they can share the simulated Okta organization."""
