"""Blind battles between systems, and between them and the catalogue.

battles     preparing two sides alike, and the vote
strengths   Bradley-Terry strengths with intervals
reward      what would be preferred, learned from votes
hearing     votes and candidates as numbers for it
release     what may be given away of the votes
"""
