"""Lesson 12, capstone: a door of your own."""
