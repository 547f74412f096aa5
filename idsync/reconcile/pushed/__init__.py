"""What a SCIM client pushes: who a resource is, which facts it changes, and the pass over whom it touched."""
