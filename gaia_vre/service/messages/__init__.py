"""Messages as people read them: their words, the stream that brings them, and the API."""
