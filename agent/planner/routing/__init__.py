"""What kind of message it is, told by a small model trained on simulated dialogues.

kinds      the kinds, and what each means
router     the model: sentence embeddings of the message and of its English reading, one hidden layer
planner    rules where they are certain, the model's kind where it is surer than they are
training   `trichord train router`
"""
