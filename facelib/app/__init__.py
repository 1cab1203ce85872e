"""What runs in a shell: the command `facelib`."""
