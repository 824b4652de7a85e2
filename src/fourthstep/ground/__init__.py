"""Floor 0, ground: the words that all floors use: truth, interval, date, code, error."""
