"""The made-up cohort: patients, truth, records, mess, and how the engine does on them."""
