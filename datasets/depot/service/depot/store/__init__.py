"""What is kept: products, stock and orders, in one database."""
