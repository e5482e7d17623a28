"""The layers of a core: events to sums, sums to spikes, spikes to a class."""
