"""The searchable copy of the catalog: collections and items by box, time, words and filter."""
