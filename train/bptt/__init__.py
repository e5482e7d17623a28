"""Training by surrogate gradients in PyTorch: graded-spike LIF layers, quantisation to integers, export."""
