"""Pictures of graphs: snapshots, formulas, layout, drawings and tables."""
