"""Weights: `registry` (what exists, licence, hashes), `store` (pull, verify, find), `fetch`, `convert`."""
