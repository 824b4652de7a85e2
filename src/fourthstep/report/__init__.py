"""Floor 6, report: telling it: text for a terminal, JSON, one page, a letter."""
