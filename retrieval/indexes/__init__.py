"""Vector indexes.

faiss_setup  faiss, set up before its import; GPUs
store        the `VectorStore` Protocol and faiss
versions     manifest, checksums, atomic promote, rollback
build        keeping the indexes in step with the catalogue
bench        recall, latency and memory of the indexes in use
"""
