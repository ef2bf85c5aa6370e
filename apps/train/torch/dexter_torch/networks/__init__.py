"""The denoisers, with the tensor names and shapes of every DExter checkpoint."""
