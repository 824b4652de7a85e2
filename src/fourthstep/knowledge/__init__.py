"""Floor 1, knowledge: the YAML, read and checked; it knows no patient."""
