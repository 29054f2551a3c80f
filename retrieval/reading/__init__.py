"""What a text asks for: amounts, names, concepts, refusals, each with the words that say so (`wishes.parse_wishes`)."""
