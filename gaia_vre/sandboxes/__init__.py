"""Disposable sessions: what one is, its rules, its files, how it is kept."""
