"""The depot service: orders, stock, picking, tours and papers of a regional warehouse."""
