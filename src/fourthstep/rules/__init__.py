"""Floor 4, rules: criteria asked of facts."""
