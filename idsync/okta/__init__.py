"""Requests to an Okta organization: signed in, within its limits and tried again; what reads and what writes use it."""
