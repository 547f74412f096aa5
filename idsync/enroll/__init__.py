"""Setting up: the SSO app in Okta, the connector for Teleport, and the configuration. What is there is adopted."""
