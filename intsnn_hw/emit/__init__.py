"""What leaves the generator: Verilog, its manifest, the description of a configuration."""
