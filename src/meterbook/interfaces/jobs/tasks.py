"""Background jobs. Each opens the company's schema, builds a system actor and makes one call."""
