"""A graph at one moment as plain data: names, variables, source lines, numbers, and the files that hold them."""
