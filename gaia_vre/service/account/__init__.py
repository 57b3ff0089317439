"""My account: tokens, sessions, consents, data, language."""
