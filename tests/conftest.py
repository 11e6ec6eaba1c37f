"""One embedded PostgreSQL for the whole run; one database per worker, migrated once and cloned."""
