"""Use cases: questions about then. They read the journal backwards from what is there now."""
