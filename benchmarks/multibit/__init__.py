"""The study of docs/multibit.md, spikes of 1 to 8 bits on the network of ETH 2025: `python -m benchmarks.multibit`."""
