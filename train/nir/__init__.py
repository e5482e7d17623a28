"""Networks in the Neuromorphic Intermediate Representation (NIR): read, run in float, compared with spikes."""
