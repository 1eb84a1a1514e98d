"""The stages of the funnel, from a change of one series to a regression of a service."""
