"""What learning adds for maps: traces after pooling, shared weights and their gradients, errors of many neurons."""
