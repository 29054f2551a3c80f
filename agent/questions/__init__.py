"""Questions that no search answers: about music, about people, about anything else.

glossary    the words that this program measures and filters by, each in one sentence (``glossary.toml``)
reading     which question a message asks
answers     the sentence that answers it, and the one that leads back to music
"""
