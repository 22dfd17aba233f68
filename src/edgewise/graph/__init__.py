"""The heart: edges, nodes, operations, and the walk back. It knows no operation and no NumPy function by name."""
