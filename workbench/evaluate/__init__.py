"""Cases, scorers and tracking."""
