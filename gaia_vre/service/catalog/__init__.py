"""The pages of the catalog: search, datasets, and what machines read of both."""
