"""idsync: plan, review and apply what an Okta organization means for an access directory."""

__version__ = "0.1.0"
