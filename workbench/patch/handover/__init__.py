"""What a person is handed to review."""
