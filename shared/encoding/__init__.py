"""Encoding: jobs, attempts, the ladder, renditions and generations."""
