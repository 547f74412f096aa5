"""Reconciling without end: who leads, full passes each interval, and ticks beside them that follow what moved."""
