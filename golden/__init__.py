"""The integer model that is the specification: plain numpy steps, and numba kernels proven equal to them."""
