"""The catalog in the service: who may read, links to files, the files themselves."""
