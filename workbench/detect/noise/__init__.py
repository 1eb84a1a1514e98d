"""What series look like in which nothing happened: level, season, noise, and what chance does."""
