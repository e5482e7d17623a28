"""Co-simulation: components on the fast compiled back end and, as Verilog, in an independent simulator."""
