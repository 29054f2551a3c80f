"""Hostile files: `sandbox` (capped children), `audio` and `video` (analyzers), `limits`; the rest runs in them."""
