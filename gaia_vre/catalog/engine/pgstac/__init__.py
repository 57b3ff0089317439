"""The engine for a catalog in PostgreSQL: documents and geometries in pgstac's tables, words and facets beside them."""
