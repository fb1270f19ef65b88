"""PostgreSQL as a part of the product: its programs, one embedded server, the roles we log in with."""
