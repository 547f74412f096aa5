"""SCIM 2.0: the protocol is a library's; its storage, here, takes what is pushed into the directory."""
