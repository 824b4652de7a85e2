"""Floor 7, screen: a whole hospital's export, patient by patient, with the one engine."""
