"""The tri-modal transformer: video, text, liked and disliked tracks to one music query. Modules import torch."""
