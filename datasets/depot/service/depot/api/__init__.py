"""The service as others see it: requests and JSON replies."""
