"""The planner part by part: steps, stamps, effective access, the plan file."""
