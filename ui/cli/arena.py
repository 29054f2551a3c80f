"""Commands around blind battles: who stands where, and the votes as a release without names."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.output import out
from ui.cli.playlists import opened

arena_cli = typer.Typer(help="Blind battles of music generators: standings, votes to give away.", no_args_is_help=True)
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@arena_cli.command()
def standings(as_json: JsonFlag = False) -> None:
    """Print who stands where by the votes."""
    from ui.api.battles import standings_shape

    with opened() as parts:
        told = standings_shape(parts)
    if as_json:
        out(json.dumps(told))
        return
    out(f"{told['votes']} votes. {told['told']}")
    for each in told["systems"]:
        record = f"{each['battles']} battles, {each['wins']} won, {each['ties']} tied, {each['both_bad']} both bad"
        rank = (
            "not ranked yet"
            if each["strength"] is None
            else (f"{each['strength']:.0f} [{each['low']:.0f}, {each['high']:.0f}]")
        )
        out(f"  {each['title']}: {rank} ({record})")


@arena_cli.command()
def export(target: Annotated[Path, typer.Argument(help="The JSON file to write.")]) -> None:
    """Write all votes without users and without words, unless the voter agreed to share those."""
    from agent.arena.release import release
    from agent.arena.strengths import standings as ranked

    with opened() as parts:
        votes = parts.catalogue.battles.voted()
        ids = {side.generation_id for vote in votes for side in (vote.a, vote.b) if side.generation_id is not None}
        briefs = {str(row.id): json.loads(row.request) for row in parts.catalogue.generations.some(ids)}
        told = release(votes, ranked(votes), briefs, _salt(parts.settings.data_dir / "arena.key"))
    target.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    out(f"{len(votes)} votes are in {target}.")


def _salt(path: Path) -> str:
    """Return the secret by which a release names battles; it stays the same, so that a release only grows."""
    if not path.is_file():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16), encoding="ascii")
    return path.read_text(encoding="ascii")
