"""What a core costs on an FPGA: synthesis with Yosys, place and route with nextpnr, and the report of both."""
