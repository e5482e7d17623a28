"""Hardware against golden model: inference and learning, value by value, and what the hardware did."""
