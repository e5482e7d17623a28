"""Learning in time: the on-line integer rule against float BPTT and against what event counts alone tell."""
