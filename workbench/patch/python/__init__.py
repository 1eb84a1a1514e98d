"""Python source: read with `ast`, edited with libcst so that nothing else moves."""
