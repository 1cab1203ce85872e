"""The door: from a photograph to "the same person or not", without PyTorch."""
