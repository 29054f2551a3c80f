"""The OpenAI-compatible door: ``POST /v1/chat/completions`` and ``GET /v1/models``.

shapes   what clients send
parts    texts and files in messages
history  which conversation a list of messages is, and what stands in it
words    answers as plain text, whole or in chunks
routes   the routes
"""
