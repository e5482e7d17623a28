"""What convolution and pooling add to the inference core: places, windows, sums of a map, and its fire sweep."""
