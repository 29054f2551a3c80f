"""A client of OpenSubsonic servers: the library, playlists, and a playlist written back.

Source: https://opensubsonic.netlify.app/docs/ (protocol 1.16.1). The password never leaves: each request carries a new
salt and md5(password + salt), as the protocol has it. Only http and https are spoken, redirects stay on their host, and
answers have a limit in size and time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import httpx

from catalog.formats.values import clean_text
from catalog.subsonic.values import RemotePlaylist, Song, SubsonicError, items, read_playlist, read_song

VERSION, CLIENT = "1.16.1", "trichord"
PAGE = 500
MAX_SONGS = 1_000_000
MAX_ANSWER_BYTES = 64_000_000
_MAX_REDIRECTS = 3
# Ids in one address: longer ones are refused by some servers.
_AT_ONCE = 100
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_CODES = {
    10: "a parameter is missing, so it may be of another kind; give the address of an OpenSubsonic server",
    20: "this client is too old for the server",
    30: "the server is too old; it must speak protocol 1.13 or later",
    40: "user name or password is wrong; check both",
    41: "it takes no tokens for this user (LDAP); use an account of the server's own",
    42: "it does not take user names with tokens; allow them in the server",
    43: "it got two kinds of credentials at once; check its proxy",
    44: "the key is wrong",
    50: "this user may not do that; use one who may",
    60: "the trial of the server is over",
    70: "that is not there (any more); list the playlists again",
}
Parameter = str | int | Sequence[str]


class SubsonicClient:
    """Talks to one server; a context manager that closes its connections.

    Args:
        url: where the server is, with or without ``/rest``.
        user: the user's name.
        password: is kept in memory only.
        max_bytes: larger answers are refused while they come in.

    Raises:
        SubsonicError: the address is no http(s) address, or holds credentials.
    """

    def __init__(self, url: str, user: str, password: str, *, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._base = _base(url)
        self._user, self._password = user, password
        self._max_bytes = max_bytes
        self._http = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
        # It would log addresses, which hold tokens.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @property
    def server(self) -> str:
        """Return a name for the server: its host, port and path."""
        parts = urlsplit(self._base)
        return f"{parts.netloc}{parts.path}"

    def ping(self) -> None:
        """Check address, user and password; SubsonicError says which is wrong."""
        self._ask("ping")

    def extensions(self) -> frozenset[str]:
        """Return the names of the extensions that the server has; none where it does not know the question."""
        try:
            told = self._ask("getOpenSubsonicExtensions").get("openSubsonicExtensions")
        except SubsonicError:
            return frozenset()
        names = (clean_text(e.get("name")) for e in items(told) if isinstance(e, Mapping))
        return frozenset(filter(None, names))

    def songs(self) -> Iterator[Song]:
        """Yield the whole library, page by page; an empty search lists it (OpenSubsonic)."""
        seen: set[str] = set()
        while len(seen) < MAX_SONGS:
            told = self._ask("search3", query="", songCount=PAGE, songOffset=len(seen), artistCount=0, albumCount=0)
            found = told.get("searchResult3")
            songs = items(found.get("song")) if isinstance(found, Mapping) else []
            new = {s.id: s for s in map(read_song, songs) if s is not None and s.id not in seen}
            if not new:
                return
            seen |= new.keys()
            yield from new.values()

    def playlists(self) -> list[RemotePlaylist]:
        """Return the playlists that the user may see, without their songs."""
        told = self._ask("getPlaylists").get("playlists")
        found = items(told.get("playlist")) if isinstance(told, Mapping) else []
        return [p for p in map(read_playlist, found) if p is not None]

    def playlist(self, playlist_id: str) -> RemotePlaylist:
        """Return a playlist with its songs; SubsonicError (code 70) where there is none."""
        return self._playlist(self._ask("getPlaylist", id=playlist_id))

    def write(self, name: str, song_ids: Sequence[str], playlist_id: str | None = None) -> str:
        """Create a playlist, or put these songs in the place of what one holds; return its id."""
        at_once = len(song_ids) if "formPost" in self.extensions() else _AT_ONCE
        target: dict[str, Parameter] = {"name": name} if playlist_id is None else {"playlistId": playlist_id}
        told = self._ask("createPlaylist", **target, songId=song_ids[:at_once])
        written = playlist_id or self._playlist(told).id
        for start in range(at_once, len(song_ids), at_once):
            more = song_ids[start : start + at_once]
            self._ask("updatePlaylist", playlistId=written, songIdToAdd=more)
        if playlist_id is not None:
            self._ask("updatePlaylist", playlistId=written, name=name)
        return written

    def _playlist(self, told: Mapping[str, object]) -> RemotePlaylist:
        found = read_playlist(told.get("playlist"))
        if found is None:
            raise SubsonicError(f"{self.server} answered without a playlist; it may be too old for this")
        return found

    def _ask(self, method: str, **parameters: Parameter) -> Mapping[str, object]:
        """Return what the server answers to a method, or raise what it complains of."""
        body = self._fetch(method, list(_pairs(parameters)) + self._credentials())
        try:
            whole: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._nonsense() from error
        told = whole.get("subsonic-response") if isinstance(whole, dict) else None
        if not isinstance(told, dict):
            raise self._nonsense()
        complaint = told.get("error")
        if told.get("status") != "ok" or isinstance(complaint, dict):
            raise self._refused(complaint if isinstance(complaint, dict) else {})
        return told

    def _credentials(self) -> list[tuple[str, str]]:
        salt = secrets.token_hex(8)
        # The protocol says md5; the salt is new each time.
        token = hashlib.md5(f"{self._password}{salt}".encode(), usedforsecurity=False).hexdigest()
        return [("u", self._user), ("t", token), ("s", salt), ("v", VERSION), ("c", CLIENT), ("f", "json")]

    def _fetch(self, method: str, parameters: list[tuple[str, str]]) -> bytes:
        url = f"{self._base}/rest/{method}"
        # Addresses are short and bodies are not: what is long goes as a form, which `write` asks for beforehand.
        long = len(parameters) > _AT_ONCE + 20
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                request = (
                    self._http.build_request("POST", url, data=_form(parameters))
                    if long
                    else self._http.build_request("GET", url, params=urlencode(parameters))
                )
                response = self._http.send(request, stream=True)
                try:
                    if not response.is_redirect:
                        return self._read(response)
                    url = self._redirected(url, response.headers.get("location", ""))
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise SubsonicError(f"{self.server} does not answer in time; try again later") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = type(error).__name__
            raise SubsonicError(
                f"{self.server} cannot be reached ({why}); check the address and the network"
            ) from error
        raise SubsonicError(f"{self.server} redirects in circles; give its final address")

    def _read(self, response: httpx.Response) -> bytes:
        # Some servers put the protocol's complaint into an answer with an HTTP error; that one says more.
        if response.is_error and "json" not in response.headers.get("content-type", ""):
            raise SubsonicError(
                f"{self.server} answers with HTTP status {response.status_code}; check the address and the server's log"
            )
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._max_bytes:
                raise SubsonicError(
                    f"{self.server} answers with more than {self._max_bytes // 10**6} MB; that is refused"
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _redirected(self, url: str, location: str) -> str:
        """Return where a redirect leads, without its query; refuse one that would take the token elsewhere."""
        here, there = urlsplit(url), urlsplit(urljoin(url, location))
        upgrade = (here.scheme, there.scheme) == ("http", "https") and here.hostname == there.hostname
        if not upgrade and (here.scheme, here.netloc) != (there.scheme, there.netloc):
            host = (clean_text(there.netloc) or "elsewhere")[:100]
            raise SubsonicError(
                f"{self.server} redirects to {host}, which is refused; give that address if you trust it"
            )
        return urlunsplit((there.scheme, there.netloc, there.path, "", ""))

    def _refused(self, complaint: Mapping[str, object]) -> SubsonicError:
        code = complaint.get("code")
        number = code if isinstance(code, int) else None
        said = (clean_text(complaint.get("message")) or "no reason given")[:200].rstrip(".")
        why = _CODES.get(number or 0, f"it says “{said}”")
        return SubsonicError(f"{self.server} refuses: {why}", number)

    def _nonsense(self) -> SubsonicError:
        return SubsonicError(f"{self.server} does not answer as an OpenSubsonic server; check the address")


def _base(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname or (port is not None and not port):
        raise SubsonicError(f"{clean_text(url[:80]) or 'nothing'} is no address of a server; write http://host:port")
    if parts.username is not None or parts.password is not None:
        raise SubsonicError("the address holds a user or a password; give the user apart, the password when asked")
    path = parts.path.rstrip("/").removesuffix("/rest").rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def _pairs(parameters: Mapping[str, Parameter]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if isinstance(value, str | int):
            yield name, str(value)
        else:
            yield from ((name, one) for one in value)


def _form(parameters: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in parameters:
        form.setdefault(name, []).append(value)
    return form
