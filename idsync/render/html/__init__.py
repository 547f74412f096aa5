"""A plan as one file for a browser: search, filters and a picture, without network and without a library."""
