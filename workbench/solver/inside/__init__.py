"""Programs that are run within a sandbox; no part of the package imports them."""
