"""What stands beside pgstac's own tables, in the schema ``gaia_catalog``."""

from __future__ import annotations

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS gaia_catalog;
CREATE TABLE IF NOT EXISTS gaia_catalog.collections (
    id text COLLATE "C" PRIMARY KEY, start timestamptz, "end" timestamptz, shape geometry, words tsvector NOT NULL,
    here boolean NOT NULL, run bigint NOT NULL);
CREATE TABLE IF NOT EXISTS gaia_catalog.items (
    collection text COLLATE "C", id text COLLATE "C", words tsvector NOT NULL, run bigint NOT NULL,
    PRIMARY KEY (collection, id));
CREATE TABLE IF NOT EXISTS gaia_catalog.facets (
    collection text COLLATE "C" REFERENCES gaia_catalog.collections ON DELETE CASCADE, facet text, value text,
    PRIMARY KEY (collection, facet, value));
CREATE SEQUENCE IF NOT EXISTS gaia_catalog.runs;
CREATE INDEX IF NOT EXISTS items_words ON gaia_catalog.items USING gin (words);
CREATE INDEX IF NOT EXISTS collections_words ON gaia_catalog.collections USING gin (words);
CREATE INDEX IF NOT EXISTS collections_shape ON gaia_catalog.collections USING gist (shape);
CREATE OR REPLACE FUNCTION gaia_catalog.number_of(value jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(value) WHEN 'number' THEN (value #>> '{}')::numeric
        WHEN 'boolean' THEN (value = 'true')::int::numeric END $$;
CREATE OR REPLACE FUNCTION gaia_catalog.text_of(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' END $$;
CREATE OR REPLACE FUNCTION gaia_catalog.micros(value timestamptz) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT trunc(extract(epoch FROM value) * 1000000) $$;
"""

NOWHERE = {"type": "GeometryCollection", "geometries": []}
"""What stands in pgstac for an item without geometry: its column must not be empty."""

DOCUMENTS = {
    "items": "SELECT collection, id, pgstac.content_hydrate(i) FROM pgstac.items AS i",
    "collections": "SELECT id, id, content FROM pgstac.collections",
}

SOURCES = {
    "items": """(SELECT i.collection COLLATE "C" AS collection, i.id COLLATE "C" AS id, i.datetime AS start,
        i.end_datetime AS "end", i.geometry AS shape, i.content->'properties' AS properties FROM pgstac.items AS i)""",
    "collections": """(SELECT c.id AS collection, c.id, c.start, c."end", c.shape, c.words, c.here,
        p.content AS properties FROM gaia_catalog.collections AS c JOIN pgstac.collections AS p ON p.id = c.id)""",
}
"""The columns that a search of each kind sees."""
