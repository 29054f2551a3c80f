"""Commands around the taste profile: see, edit, take along, erase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.output import out
from ui.cli.playlists import opened
from ui.settings import LOCAL_USER

if TYPE_CHECKING:
    from catalog.values import UserId
    from ui.api.profile import ProfileShape
    from ui.compose import App

profile_cli = typer.Typer(help="What is known of your taste: see, edit, take along, erase.", no_args_is_help=True)

User = Annotated[str | None, typer.Option("--user", help="Whose; the user of this machine unless told.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@profile_cli.command()
def show(user: User = None, as_json: JsonFlag = False) -> None:
    """Print the lines of the profile, each with what it is from."""
    from ui.api.profile import profile_shape

    with opened() as parts:
        who = _who(parts, user)
        _print(profile_shape(who, parts.profiles.of(who)), as_json)


@profile_cli.command()
def edit(
    value: Annotated[str | None, typer.Argument(help="What the line is about: jazz, “Ada Sun”, “screaming”.")] = None,
    field: Annotated[str, typer.Option(help="concept, artist or word.")] = "concept",
    weight: Annotated[float | None, typer.Option(help="-1 (away from it) to 1 (towards it).", min=-1, max=1)] = None,
    never: Annotated[bool, typer.Option("--never", help="Keep it out of every result.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the line.")] = False,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether the profile counts at all.")] = None,
    user: User = None,
    as_json: JsonFlag = False,
) -> None:
    """Add, change or remove a line, or switch the profile off and on."""
    from pydantic import ValidationError

    from retrieval.errors import QueryError
    from ui.api.profile import ProfileEdit, change, profile_shape

    given = sum((weight is not None, never, remove))
    if (value is None) == (given > 0) or given > 1 or (value is None and on is None):
        raise QueryError("Give a line with one of --weight, --never and --remove, or --on or --off.")
    line = {"field": field, "value": value, "weight": None if remove else -1.0 if never else weight, "never": never}
    try:
        body = ProfileEdit.model_validate({"on": on, "lines": [] if value is None else [line]})
    except ValidationError as error:
        raise QueryError(f"The line cannot be kept: {error.errors()[0]['msg']}.") from error
    with opened() as parts:
        who = _who(parts, user, new=True)
        change(parts, who, body)
        _print(profile_shape(who, parts.profiles.of(who)), as_json)


@profile_cli.command()
def erase(
    user: User = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Erase all that is kept of the taste, the reactions to tracks included."""
    with opened() as parts:
        who = _who(parts, user)
        if not yes:
            typer.confirm(f"Erase all tastes and reactions of {who}?", abort=True)
        erased = parts.catalogue.tastes.erase(who)
    if as_json:
        out({"tastes": erased.tastes, "reactions": erased.reactions})
    else:
        typer.echo(f"Erased {erased.tastes} tastes and {erased.reactions} reactions of {who}.")


@profile_cli.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; printed unless told.")] = None, user: User = None
) -> None:
    """Write everything that is kept of the taste as JSON."""
    import json

    from ui.api.profile import exported

    with opened() as parts:
        told = exported(parts, _who(parts, user))
    if file is None:
        out(told)
        return
    file.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    typer.echo(f"The profile is in {file}.")


def _who(parts: App, user: str | None, *, new: bool = False) -> UserId:
    from catalog.values import UserId
    from ui.api.profile import known_of

    who = UserId(user or LOCAL_USER)
    if user is not None and not new:
        known_of(parts, who)
    return who


def _print(profile: ProfileShape, as_json: bool) -> None:
    if as_json:
        out(profile.model_dump(mode="json"))
        return
    for line in profile.lines:
        what = "never" if line.never else f"{line.weight:+.2f}"
        grounds = f"“{line.words}”" if line.words else ", ".join(f"{g.kind} “{g.title}”" for g in line.evidence[:3])
        since = "" if line.since is None else f", since {line.since:%Y-%m-%d}"
        typer.echo(f"{what:>6}  {line.value} ({line.field}, {line.origin}{since}){f': {grounds}' if grounds else ''}")
    state = "" if profile.on else "; switched off"
    typer.echo(f"{len(profile.lines)} lines, {profile.reactions} reactions of {profile.user_id}{state}.")
