"""The service: SCIM 2.0 over HTTP, and what people and machines ask of a process that runs for months."""
