"""The on-line integer rule against BPTT on the same dense networks: ``python -m benchmarks.online_bptt``."""
