"""How good dialogues are, measured.

plans     a plan beside what was meant
playing   simulated dialogues held with the agent, and what came of every turn
measures  the table
curation  people's own dialogues about a playlist (CPCD), and curating, the same played with the agent
naming    a language model without the catalogue, which names tracks freely
variety   how varied replies are: distinct-2, as it is and adjusted for length
"""
