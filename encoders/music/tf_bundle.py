"""Read a TensorFlow checkpoint bundle (``.index`` and ``.data-00000-of-00001``) with NumPy only.

The ``.index`` file is a LevelDB table: blocks of prefix-compressed keys, an index block that names them, and a footer
of 48 bytes. Keys are variable names, values are ``BundleEntryProto`` messages (dtype 1, shape 2, shard_id 3, offset 4,
size 5, crc32c 6). The ``.data`` file holds the raw little-endian tensors.
Sources: LevelDB ``doc/table_format.md``; TensorFlow ``core/protobuf/tensor_bundle.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from encoders.errors import ModelCorruptError
from encoders.values import FloatArray

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_FLOAT32 = 1  # DT_FLOAT in tensorflow/core/framework/types.proto
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_bundle(index: Path, data: Path) -> dict[str, FloatArray]:
    """All float32 variables of a one-shard checkpoint, by name.

    Raises:
        ModelCorruptError: The files are not a bundle, or an entry points outside the data file.
    """
    raw = data.read_bytes()
    try:
        entries = dict(_table(index.read_bytes()))
        return {
            name: _tensor(name, value, raw) for name, value in entries.items() if name and _dtype(value) == _FLOAT32
        }
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ModelCorruptError(f"{index.name} is not a readable TensorFlow bundle index: {error}") from error


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _table(data: bytes) -> Iterator[tuple[str, bytes]]:
    footer = data[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ModelCorruptError("the checkpoint index has no LevelDB table footer; pull the model again")
    _, at = _varint(footer, 0)  # the meta-index block holds filters only
    _, at = _varint(footer, at)
    offset, at = _varint(footer, at)
    size, _ = _varint(footer, at)
    for _, handle in _block(data, offset, size):
        block_offset, at = _varint(handle, 0)
        block_size, _ = _varint(handle, at)
        for key, value in _block(data, block_offset, block_size):
            yield key.decode("utf-8"), value


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    if data[offset + size] != 0:
        raise ModelCorruptError("the checkpoint index is compressed; only uncompressed tables are read")
    block = data[offset : offset + size]
    end = size - 4 * (struct.unpack("<I", block[-4:])[0] + 1)  # the restart array closes each block
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            number, at = _varint(message, at)
            yield tag >> 3, number
        elif kind == _BYTES:
            length, at = _varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        elif kind in (_FIXED32, _FIXED64):
            width = 4 if kind == _FIXED32 else 8
            yield tag >> 3, message[at : at + width]
            at += width
        else:
            raise ModelCorruptError(f"the checkpoint index has a protobuf field of unknown wire type {kind}")


def _number(message: bytes, field: int) -> int:
    return next((value for tag, value in _fields(message) if tag == field and isinstance(value, int)), 0)


def _dtype(entry: bytes) -> int:
    return _number(entry, 1)


def _shape(entry: bytes) -> tuple[int, ...]:
    for tag, value in _fields(entry):
        if tag == 2 and isinstance(value, bytes):
            return tuple(_number(dim, 1) for field, dim in _fields(value) if field == 2 and isinstance(dim, bytes))
    return ()


def _tensor(name: str, entry: bytes, data: bytes) -> FloatArray:
    offset, size = _number(entry, 4), _number(entry, 5)
    shape = _shape(entry)
    if offset + size > len(data) or size != 4 * int(np.prod(shape, dtype=np.int64)):
        raise ModelCorruptError(f"checkpoint variable {name!r} lies outside the data file or has a wrong size")
    return np.frombuffer(data, dtype="<f4", count=size // 4, offset=offset).reshape(shape).astype(np.float32)
