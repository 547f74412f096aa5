"""What is done to the repository's files on their way out: to an index, and to the site of the documentation."""
