"""The compression ladder."""
