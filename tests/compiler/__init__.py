"""The compiler part by part, where a whole pass would not show it."""
