"""DExter's trainer on PyTorch: one process or many, the same steps as on TensorFlow.js."""
