"""Texts to vectors: `onnx_text` (embedded), `sentence` (any sentence-transformers model), `reranker`."""
