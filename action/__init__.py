"""What the GitHub action does beside idsync: recordings, one comment, one issue, releases. Standard library only."""
