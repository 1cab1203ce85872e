"""Lesson 11: privacy and security."""
