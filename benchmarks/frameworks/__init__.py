"""Networks of four frameworks, each as NIR file and recorded spikes: what the reader of NIR is measured on."""
