"""Training and its data sets; only the PyTorch trainer itself needs torch."""
