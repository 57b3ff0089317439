"""The service's database: engine, tables and migrations, on SQLite and PostgreSQL alike."""
