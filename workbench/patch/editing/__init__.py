"""Python source edited with libcst, so that nothing but the change moves."""
