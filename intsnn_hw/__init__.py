"""Amaranth RTL of integer spiking neural networks, its emission as Verilog, and the ``intsnn`` command line."""
