"""SCIM attributes, and what pushes say of them."""
