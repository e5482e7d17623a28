"""Do spikes of more bits overfit more? Run ``python -m benchmarks.overfitting``."""
