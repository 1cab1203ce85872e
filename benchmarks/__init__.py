"""Measurements that need many runs or a real peer; each stores JSON beside its code."""
