"""Edits that give speed back, each with the conditions under which it is right."""
