"""Mathematics: Programs printed as formulas."""
