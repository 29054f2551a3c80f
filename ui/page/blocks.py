"""Layout and events of the page."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from agent.values import Attachment, DoneEvent, ErrorEvent, Evidence, ResultsEvent, StepEvent, TextEvent
from catalog.formats.playlist import read_playlist
from catalog.formats.values import PlaylistFormatError
from retrieval.continuation.resolving import named_tracks
from retrieval.continuation.values import ContinuationRequest, NamedTrack
from ui.api.problems import status_of
from ui.keys import kept_key
from ui.page import cards
from ui.uploads import Uploads

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.compose import App

SAMPLES = files("ui.page").joinpath("samples")
PROMPTS = (
    "calm piano under 3 minutes, no vocals",
    "epic orchestral battle music",
    "dark ambient around 80 BPM",
    "fast electronic for a car chase",
    "compose 20 seconds of gentle folk in D major",
)
FILE_TYPES = [
    *(".mp4", ".webm", ".mov", ".mkv", ".avi", ".png", ".jpg", ".jpeg", ".webp"),
    *(".mp3", ".flac", ".ogg", ".opus", ".wav", ".m4a", ".m3u", ".m3u8", ".xspf", ".jspf"),
]
Message = dict[str, Any]


class Page:
    """The handlers behind the page; all they know comes from the same parts as the API's answers."""

    def __init__(self, parts: App, uploads: Uploads) -> None:
        self._parts = parts
        self._uploads = uploads

    def chat(
        self, given: dict[str, Any], history: list[Message], session: str | None
    ) -> Iterator[tuple[list[Message], str, str]]:
        """Take one message; yield (history, session, trace) as events come: cards before words."""
        session = session or secrets.token_urlsafe(12)
        text = str(given.get("text") or "")
        paths = [Path(p) for p in given.get("files") or []]
        shown = text + "".join(f"\n[{p.name}]" for p in paths)
        history = [*history, {"role": "user", "content": escape(shown.strip(), quote=False) or "…"}]
        yield history, session, ""
        try:
            attachments = tuple(self._attach(p) for p in paths)
            events = self._parts.assistant.chat(text, session, attachments)
            for told, trace in self._told(events, history, session):
                history = told
                yield told, session, trace
        except Exception as error:
            if status_of(error) is None:
                raise
            yield [*history, _words(_sentence(error))], session, ""

    def _told(self, events: Iterator[Any], history: list[Message], session: str) -> Iterator[tuple[list[Message], str]]:
        words, steps = "", []
        plan: Any = None
        for event in events:
            if isinstance(event, StepEvent):
                steps.append(event.step)
            elif isinstance(event, ResultsEvent):
                html = cards.cards(event.evidence, session)
                if html:
                    history = [*history, {"role": "assistant", "content": gr.HTML(html)}]
                yield history, ""
                history = [*history, _words("…")]
            elif isinstance(event, TextEvent):
                words += event.text
                history = [*history[:-1], _words(words)]
                yield history, ""
            elif isinstance(event, DoneEvent):
                plan = event.plan
                yield history, cards.trace(plan, steps)
            elif isinstance(event, ErrorEvent):
                yield [*history, _words(event.message)], ""

    def _attach(self, path: Path) -> Attachment:
        with path.open("rb") as stream:
            return self._uploads.save(stream, path.name)

    def welcome(self, session: str | None) -> list[Message]:
        """Return what a visitor sees first: the conversation that stands, or an invitation."""
        count = self._parts.catalogue.library.count()
        if not count:
            return [
                _words("The catalogue is empty. Run `make demo`, or `trichord ingest FOLDER`, then reload this page.")
            ]
        state = None if not session else self._parts.assistant.state(session)
        if state is None or not state.turn:
            hello = f"{count} tracks are ready. Say what you want to hear, or attach a video, a sound or a playlist."
            return [_words(hello)]
        tracks = self._parts.catalogue.library.get_many(state.standing.results)
        from agent.outcomes import fact

        whys = dict(zip(state.standing.results, state.standing.whys, strict=False))
        told = tuple(fact(n, t, 1.0, whys.get(t.id, "")) for n, t in enumerate(tracks, 1))
        messages = [_words(f"Welcome back. Last you said: “{state.last_request}”.")]
        if told:
            messages.append(
                {"role": "assistant", "content": gr.HTML(cards.cards(Evidence(tracks=told), session or ""))}
            )
        return messages

    def continue_playlist(
        self, path: str | None, title: str, n: float, minutes: float | None, session: str | None
    ) -> str:
        """Return the continuation of a playlist file or a title as cards."""
        try:
            return self._continued(path, title, int(n), minutes, session or "")
        except Exception as error:
            if status_of(error) is None:
                raise
            return f'<p role="alert">{escape(_sentence(error))}</p>'

    def _continued(self, path: str | None, title: str, n: int, minutes: float | None, session: str) -> str:
        from agent.outcomes import fact

        named: tuple[NamedTrack, ...] = ()
        if path is not None:
            with Path(path).open("rb") as stream:
                upload = self._uploads.save(stream, Path(path).name)
            if upload.kind != "playlist":
                raise PlaylistFormatError(
                    f"{upload.name} is {upload.kind}, not a playlist; choose M3U8, XSPF, JSPF or CSV."
                )
            document = read_playlist(upload.path.read_bytes(), upload.name)
            named = named_tracks(document)
            title = title or document.title or ""
        answer = self._parts.continuer.continue_playlist(
            ContinuationRequest(
                tracks=named,
                title=title,
                n=None if minutes else n,
                duration_s=minutes * 60 if minutes else None,
            )
        )
        told = tuple(fact(i, c.track, c.score, c.why) for i, c in enumerate(answer.tracks, 1))
        html = cards.cards(Evidence(tracks=told), session)
        if answer.unresolved:
            names = ", ".join(f"“{u.title}”" + (f" by {u.artist}" if u.artist else "") for u in answer.unresolved[:20])
            html += f'<p role="status">Not in this catalogue: {escape(names)}.</p>'
        return html or '<p role="status">Nothing goes on from there.</p>'


def mount(api: FastAPI, parts: App, uploads: Uploads) -> FastAPI:
    """Build the Blocks and mount them at ``/``."""
    page = Page(parts, uploads)
    with gr.Blocks(title="Trichord", analytics_enabled=False, delete_cache=(3600, 86400)) as blocks:
        gr.HTML("<h1>Trichord</h1><p>Music for your words, your pictures and your playlists.</p>", elem_id="tri-head")
        session = gr.BrowserState(
            None, storage_key="trichord-session", secret=kept_key(parts.settings.data_dir / "page.key")
        )
        with gr.Tabs():
            with gr.Tab("Chat"):
                _chat_tab(blocks, page, session)
            with gr.Tab("Playlist"):
                _playlist_tab(page, session)
    script = files("ui.page").joinpath("page.js").read_text(encoding="utf-8")
    mounted: FastAPI = gr.mount_gradio_app(
        api,
        blocks,
        path="/",
        head=f"<script>{script}</script>",
        css=files("ui.page").joinpath("page.css").read_text(encoding="utf-8"),
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        allowed_paths=[],
        max_file_size=parts.settings.max_upload_mb << 20,
        show_error=True,
        footer_links=["api"],
        ssr_mode=False,
    )
    return mounted


def _chat_tab(blocks: gr.Blocks, page: Page, session: gr.BrowserState) -> None:
    log = gr.Chatbot(
        label="Conversation",
        height=560,
        render_markdown=False,
        buttons=[],
        feedback_options=None,
        autoscroll=False,  # page.js scrolls to the newest message's beginning, not to its end
        group_consecutive_messages=True,
        elem_id="tri-log",
    )
    box = gr.MultimodalTextbox(
        placeholder="What do you want to hear? Attach a video, a picture, a sound or a playlist.",
        show_label=False,
        label="Message",
        file_count="multiple",
        file_types=FILE_TYPES,
        stop_btn=True,
        max_plain_text_length=20_000,
        elem_id="tri-box",
        autofocus=True,
    )
    with gr.Row(elem_id="tri-prompts"):
        prompts = [gr.Button(p, size="sm", variant="secondary") for p in PROMPTS]
    with gr.Row(elem_id="tri-samples"):
        samples = [
            (gr.Button(name, size="sm"), str(SAMPLES.joinpath(file)))
            for name, file in (("Sample clip: evening at sea", "sea.mp4"), ("Sample clip: night drive", "drive.mp4"))
        ]
        fresh = gr.Button("New conversation", size="sm", variant="stop")
    with gr.Accordion("What was understood and done", open=False):
        trace = gr.HTML("<p>Nothing yet.</p>", elem_id="tri-trace")
    outputs = [log, session, trace]
    # The box is emptied at once, so that what is typed while the answer comes is not wiped by its end.
    given = gr.State({})
    taking = box.submit(lambda value: (value, None), box, [given, box], show_progress="hidden", queue=False)
    sending = taking.then(page.chat, [given, log, session], outputs, show_progress="hidden", concurrency_limit=4)
    box.stop(None, None, None, cancels=[sending])
    for button, text in zip(prompts, PROMPTS, strict=True):
        button.click(_prompted(page, {"text": text}), [log, session], outputs, show_progress="hidden")
    for button, path in samples:
        asked = {"text": "Music for this clip, please.", "files": [path]}
        button.click(_prompted(page, asked), [log, session], outputs, show_progress="hidden")
    fresh.click(lambda: (page.welcome(None), None, ""), None, outputs, show_progress="hidden")
    blocks.load(page.welcome, session, log, show_progress="hidden")


def _prompted(page: Page, asked: dict[str, Any]) -> Any:
    def run(history: list[Message], session: str | None) -> Iterator[tuple[list[Message], str, str]]:
        yield from page.chat(asked, history, session)

    return run


def _playlist_tab(page: Page, session: gr.BrowserState) -> None:
    gr.HTML("<p>Hand over a playlist file (M3U8, XSPF, JSPF, CSV), a title, or both; the list goes on from there.</p>")
    with gr.Row():
        file = gr.File(
            label="Playlist file", file_types=[".m3u", ".m3u8", ".xspf", ".jspf", ".csv", ".pls"], type="filepath"
        )
        with gr.Column():
            title = gr.Textbox(label="Title", placeholder="for instance: Battle songs", max_length=500)
            n = gr.Slider(1, 50, value=10, step=1, label="How many tracks")
            minutes = gr.Number(label="Or how many minutes (0: by number of tracks)", value=0, minimum=0, maximum=1440)
            go = gr.Button("Continue", variant="primary")
    found = gr.HTML(elem_id="tri-continued")
    go.click(page.continue_playlist, [file, title, n, minutes, session], found)


def _words(text: str) -> Message:
    # The log takes texts for HTML, sanitised but with pictures: what a title says must stay words.
    return {"role": "assistant", "content": escape(text, quote=False)}


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
