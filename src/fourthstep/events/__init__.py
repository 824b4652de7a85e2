"""Floor 2, events: subject, time, code, value, origin."""
