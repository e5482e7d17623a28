"""Exploration: many variants of a network trained, synthesised and compared (``intsnn explore``)."""
