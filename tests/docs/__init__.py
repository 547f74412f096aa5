"""The documents: that what they say of the program is so."""
