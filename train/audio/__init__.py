"""From recordings of words to events: collections of wav files, and a model of the ear whose cells spike."""
