"""The learning engine of a core: errors, gradients, updates of shadow weights, and what a host may ask of it."""
