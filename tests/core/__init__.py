"""What the core decides: one planning pass in memory, told in the words of an organization."""
