"""Values become text: plans, resources, diagnostics, history, explanations; nothing here reads or writes anything."""
