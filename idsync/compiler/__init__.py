"""Settings, a snapshot and the current state become the desired state. Pure: no clock, no log, no I/O."""
