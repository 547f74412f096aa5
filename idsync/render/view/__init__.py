"""What a plan says, in the order in which it is read, before any format: typed cells, made once."""
