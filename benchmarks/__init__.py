"""Measurements that docs/results.md quotes; each module is a command: ``python -m benchmarks.<name>``."""
