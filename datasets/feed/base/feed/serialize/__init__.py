"""Results to bytes, by schema."""
