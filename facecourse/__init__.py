"""The notebooks' other half: a folder a lesson, the kit they share and the ladder."""
