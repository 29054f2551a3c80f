"""How good dialogues are, measured.

plans     a plan beside what was meant
playing   simulated dialogues held with the agent, and what came of every turn
measures  the table
"""
