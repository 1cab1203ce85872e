"""Lesson 10: robustness and fairness."""
