"""The configuration language: YAML documents with positions, held against a schema, read into frozen settings."""
