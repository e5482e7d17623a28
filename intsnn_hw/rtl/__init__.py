"""The hardware: Amaranth components, each the twin of a golden step."""
