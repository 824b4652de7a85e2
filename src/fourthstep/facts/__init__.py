"""Floor 3, facts: named values for one patient on one day, or the reason why one is unknown."""
