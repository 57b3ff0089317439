"""The catalog in the service: its pages, what machines read of them, who may read files, the files themselves."""
