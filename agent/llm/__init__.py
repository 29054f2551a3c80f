"""Language models: all of them LangChain chat models.

embedded  llama.cpp in this process
guard     caps, retries, and a rest after failures
ledger    what a model cost today, and whether it rests
wire      replies over HTTP, bounded in time and size
cassette  traffic recorded and replayed
factory   a model out of a setting such as ``embedded``, ``openai:NAME``, ``ollama:NAME``
"""
