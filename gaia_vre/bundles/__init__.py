"""Projects as bags: BagIt with RO-Crate metadata, written to folders, S3, WebDAV and iRODS, and read again."""
