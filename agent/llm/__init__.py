"""Language models: all of them LangChain chat models.

embedded  llama.cpp in this process
factory   a model out of a setting such as ``embedded``, ``openai:NAME``, ``ollama:NAME``
"""
