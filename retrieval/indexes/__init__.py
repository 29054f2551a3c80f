"""Vector indexes.

store      the `VectorStore` Protocol and faiss
versions   manifest, checksums, atomic promote, rollback
"""
