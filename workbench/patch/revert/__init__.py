"""Take back the smallest part of what changed."""
