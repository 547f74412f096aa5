"""What a plan or a configuration reports to other programs, one by one: SARIF, JUnit, GitHub annotations."""
