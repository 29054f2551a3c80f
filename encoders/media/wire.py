"""The language between parent and child: one JSON header, then raw float32 arrays; never pickle.

A message is ``uint32 length, JSON``; the header's ``shapes`` say which arrays follow. Both sides bound what they read.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import IO

import numpy as np
from pydantic import JsonValue

from encoders.values import FloatArray

MAX_HEADER_BYTES = 4 << 20
MAX_ARRAY_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Message:
    """A header (JSON object) and its arrays."""

    body: dict[str, JsonValue]
    arrays: tuple[FloatArray, ...] = ()


class WireError(RuntimeError):
    """The other side closed the pipe or sent something that is no message."""


def send(stream: IO[bytes], message: Message) -> None:
    """Write one message and flush."""
    arrays = [np.ascontiguousarray(array, dtype="<f4") for array in message.arrays]
    header = json.dumps({"body": message.body, "shapes": [array.shape for array in arrays]}, allow_nan=False).encode()
    stream.write(struct.pack("<I", len(header)))
    stream.write(header)
    for array in arrays:
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> Message:
    """Read one message.

    Raises:
        WireError: End of the stream, or a message beyond the bounds.
    """
    (length,) = struct.unpack("<I", _exactly(stream, 4))
    if length > MAX_HEADER_BYTES:
        raise WireError(f"header of {length} bytes")
    header = json.loads(_exactly(stream, length))
    shapes = [tuple(int(side) for side in shape) for shape in header["shapes"]]
    if 4 * sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes) > MAX_ARRAY_BYTES:
        raise WireError("arrays too large")
    arrays = []
    for shape in shapes:
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(_exactly(stream, 4 * count), dtype="<f4").reshape(shape).astype(np.float32))
    return Message(header["body"], tuple(arrays))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise WireError("the pipe was closed")
    return data
