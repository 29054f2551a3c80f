"""``trichord chat``: one message or a conversation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agent.values import DoneEvent, ErrorEvent, ResultsEvent, StepEvent, TextEvent
from catalog.errors import NotFoundError
from ui.cli import show
from ui.uploads import Uploads

if TYPE_CHECKING:
    from agent.values import Attachment
    from ui.compose import App


def run(
    parts: App, message: str | None, session: str | None, attach: list[Path], *, trace: bool, as_json: bool
) -> None:
    """Take one message, or read messages until the input ends."""
    uploads = Uploads(parts.uploads, parts.audio.probe, parts.settings.max_upload_mb << 20)
    given = tuple(_attached(uploads, path) for path in attach)
    if message is not None or given:
        _turn(parts, message or "", session, given, trace=trace, as_json=as_json)
        parts.close()
        return
    typer.echo("Say what you want to hear; Ctrl-D ends.")
    while True:
        try:
            line = input("you> ")
        except (EOFError, KeyboardInterrupt):
            break
        if line.strip():
            session = _turn(parts, line, session, (), trace=trace, as_json=as_json)
    parts.close()


def _attached(uploads: Uploads, path: Path) -> Attachment:
    if not path.is_file():
        raise NotFoundError(f"There is no file {str(path)!r}; give the path of one.")
    with path.open("rb") as stream:
        return uploads.save(stream, path.name)


def _turn(
    parts: App, message: str, session: str | None, given: tuple[Attachment, ...], *, trace: bool, as_json: bool
) -> str | None:
    for event in parts.assistant.chat(message, session, given):
        if isinstance(event, DoneEvent):
            session = event.session_id
            if as_json:
                from ui.api.routes import done_shape
                from ui.cli.output import out

                out(done_shape(event))
        elif isinstance(event, ErrorEvent):
            typer.secho(event.message, err=True)
        elif not as_json:
            _show(event, trace)
    if not as_json:
        typer.echo(f"\n(conversation {session})" if trace else "")
    return session


def _show(event: object, trace: bool) -> None:
    if isinstance(event, StepEvent) and trace:
        typer.echo(f"  [{event.step.ms:.0f} ms] {event.step.name}: {event.step.detail}")
    elif isinstance(event, ResultsEvent):
        show.table([(t.title, t.artist, t.score, t.why) for t in event.evidence.tracks])
        if trace:
            show.receipts(event.evidence.receipts)
    elif isinstance(event, TextEvent):
        typer.echo(event.text, nl=False)
