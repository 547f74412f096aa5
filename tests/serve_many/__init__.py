"""Very many people pushed at one time by several connections: none is lost, and none is there twice."""
