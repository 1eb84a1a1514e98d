"""Structured logs and traces, sampled."""
