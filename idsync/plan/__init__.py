"""Current and desired state become a Plan: diff, ownership, order, health, guards, access delta, explain, plan file."""
