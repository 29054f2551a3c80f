"""Understanding a message.

protocol   what a planner promises
rules      the deterministic planner over `patterns` (patterns.toml) and the shared reading of wishes
llm        a language model under a JSON schema
composed   rules first, the model when they are unsure, rules again when it fails
"""
