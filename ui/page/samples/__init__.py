"""Sample clips of our own; `make` draws them."""
