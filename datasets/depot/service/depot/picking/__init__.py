"""Which pieces are taken out of which bins."""
