"""Signals to vectors: text, sound, pictures; model weights; the sandbox for hostile media."""
