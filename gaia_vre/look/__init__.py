"""What every page shares: style sheet, font, mark and components; the hub and the service both serve it."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
