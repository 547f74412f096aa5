"""The GitHub action, run as the runner would, against a GitHub on loopback that also fails."""
