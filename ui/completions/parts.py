"""Messages of a client as texts and files. Files come inside the request; nothing is fetched for anybody."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.errors import MessageError
from agent.values import Attachment
from ui.completions.shapes import Message, Part
from ui.uploads import Uploads

MAX_FILES = 8
_DATA = re.compile(r"data:(?P<kind>[\w.+-]+/[\w.+-]+)?(?:;[\w.=+-]+)*;base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """A file that came in a message: what it holds, base64, and a name to show."""

    encoded: str
    name: str

    def digest(self) -> str:
        """Return what stands for the content."""
        return hashlib.sha256(self.encoded.encode("utf-8", "replace")).hexdigest()

    def save(self, uploads: Uploads) -> Attachment:
        """Store the file among the uploads, under their limits; MessageError for what is no base64."""
        try:
            data = base64.b64decode(self.encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise MessageError(f"The file {self.name} is no valid base64; encode it again.") from error
        return uploads.save(io.BytesIO(data), self.name)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the user or the assistant."""

    role: Literal["user", "assistant"]
    text: str
    files: tuple[File, ...] = ()

    def attachments(self, uploads: Uploads) -> tuple[Attachment, ...]:
        """Store the files."""
        return tuple(f.save(uploads) for f in self.files)


def said_in(messages: Sequence[Message]) -> list[Said]:
    """Return what was said: instructions and tool results of the client change no rule here and are left out.

    Raises:
        MessageError: a part that cannot be read, a file that is elsewhere, or too many files.
    """
    said = []
    for message in messages:
        if message.role == "assistant":
            said.append(Said("assistant", _text(message)))
        elif message.role == "user":
            files = tuple(_files(message))
            if len(files) > MAX_FILES:
                raise MessageError(f"A message has {len(files)} files; up to {MAX_FILES} can be taken.")
            said.append(Said("user", _text(message), files))
    return said


def _text(message: Message) -> str:
    return "\n".join(p.text for p in message.pieces() if p.type in {"text", "refusal"} and p.text)


def _files(message: Message) -> Iterator[File]:
    for part in message.pieces():
        match part.type:
            case "text":
                continue
            case "image_url":
                told = part.image_url if isinstance(part.image_url, str) else (part.image_url or {}).get("url")
                yield _inline(str(told or ""), "picture")
            case "input_audio":
                sound = part.input_audio or {}
                yield File(str(sound.get("data") or ""), f"sound.{str(sound.get('format') or 'wav')[:8]}")
            case "file":
                yield _document(part)
            case _:
                raise MessageError(
                    f"A part of the type {part.type[:40]!r} cannot be read; send text, image_url, input_audio or file."
                )


def _document(part: Part) -> File:
    told = part.file or {}
    if not told.get("file_data"):
        raise MessageError("Files are not kept for clients; send the file itself as file_data, a data: URL.")
    found = _inline(str(told["file_data"]), "file")
    return File(found.encoded, str(told.get("filename") or found.name)[:200])


def _inline(url: str, name: str) -> File:
    head = _DATA.match(url)
    if head is None:
        raise MessageError(f"A {name} at {url[:40]!r} is not fetched; send the {name} itself as a data: URL in base64.")
    return File(url[head.end() :], name + (mimetypes.guess_extension((head["kind"] or "").lower()) or ""))
