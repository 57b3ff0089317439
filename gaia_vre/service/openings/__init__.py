"""Datasets that labs opened: whose they are, and for whom they are kept."""
