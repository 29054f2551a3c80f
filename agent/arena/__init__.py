"""Blind battles between systems, and between them and the catalogue.

battles     preparing two sides alike, and the vote
strengths   Bradley-Terry strengths with intervals
release     what may be given away of the votes
"""
