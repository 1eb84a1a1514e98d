"""Which posts a viewer sees, and in which order."""
