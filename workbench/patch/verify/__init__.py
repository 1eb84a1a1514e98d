"""Run what is proposed, in a room of its own, and judge it."""
