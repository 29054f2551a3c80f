"""Understanding a message.

protocol   what a planner promises
rules      the deterministic planner over `patterns` (patterns.toml) and the shared reading of wishes
quotes     what stands in quotation marks is no order
llm        a language model under a JSON schema, asked with `prompts`
nearest    the examples that are most like a message
support    whether a message says what a model reads into it
composed   rules first, the model when they are unsure, rules again when it fails
"""
