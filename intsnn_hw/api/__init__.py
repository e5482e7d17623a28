"""The front door: one network object, and all that can be done with it; :mod:`intsnn_hw` is its page of names."""
