"""What tests of the chat do and ask in a browser."""

BOX = "tri-chat textarea"
TURNS = "tri-chat .chat-turn"
CARDS = "tri-chat .chat-card:not(.chat-gen)"


def send(page, text):
    """Type a message and send it; the answer may still be coming."""
    page.fill(BOX, text)
    page.press(BOX, "Enter")


def settle(page, turns):
    """Wait until so many turns are there and the last one is numbered by the server."""
    page.wait_for_function(
        f"() => {{ const chat = document.querySelector('tri-chat')?.chat;"
        f" return chat?.turns.length === {turns} && chat.running === null && chat.last.number === {turns}; }}"
    )


def ask(page, text):
    """Send a message, wait for its answer, and return its turn."""
    before = page.locator(TURNS).count()
    send(page, text)
    settle(page, before + 1)
    return page.locator(TURNS).nth(before)


def wishes(page):
    """Return what stands, as the chips show it."""
    return page.locator("tri-chat .chat-wish > span").all_inner_texts()
