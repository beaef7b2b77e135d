"""The only form of a bundle's zip file that is sound: every program extracts the same files from it.

A zip file names its files twice: in a header before each, and in the directory at its end. Some programs read
only the headers, from the first byte on, and others only the directory. So what one of them does not read can
contain a false page. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from ringfence.cli.bundle_form import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

_UTF8 = 0x800
_SHORT, _LONG = 0xFFFF, 0xFFFFFFFF
_STEP = 1 << 16


def form_fault(file: BinaryIO, found: Sequence[zipfile.ZipInfo]) -> str:
    """Return what is wrong with the form of a zip file. Empty if nothing is.

    Parameters
    ----------
    file
        The zip file.
    found
        The entries of its directory.

    """
    at, entries = 0, []
    for one in found:
        try:
            local, entry = _local(one), _entry(one, at)
        except struct.error:
            return f"{one.filename} has a number that is too large"
        file.seek(at)
        header = file.read(2 + len(local))
        # A version, the two bytes after the mark, says which programs can read the file, and not what it is.
        if one.header_offset != at or header[:4] + header[6:] != local:
            return f"the zip file has other bytes before {one.filename} than its directory says"
        if not _fills(file, one):
            return f"the zip file has other bytes in {one.filename} than the file"
        at += len(header) + one.compress_size
        entries.append(entry)
    directory = b"".join(entries)
    ends = _ends(len(entries), len(directory), at)
    file.seek(at)
    rest = file.read(len(directory) + max(map(len, ends)) + 1)
    if rest not in {directory + end for end in ends}:
        return "the zip file has other bytes after its files than their directory and its end"
    return ""


def _local(one: zipfile.ZipInfo) -> bytes:
    """Return the header before a file, without its version."""
    name = one.orig_filename.encode()
    return b"PK\3\4" + _fields(one, len(name), 0) + name


def _entry(one: zipfile.ZipInfo, at: int) -> bytes:
    """Return the entry of a file in the directory. `at` is where the file begins."""
    name, extra, offset = one.orig_filename.encode(), b"", at
    if one.extra:  # as for a file that begins after the first 2 GiB
        extra, offset = struct.pack("<2HQ", 1, 8, at), _LONG
    versions = bytes((one.create_version, one.create_system, one.extract_version, one.reserved))
    more = struct.pack("<3H2L", 0, 0, one.internal_attr, one.external_attr, offset)
    return b"PK\1\2" + versions + _fields(one, len(name), len(extra)) + more + name + extra


def _fields(one: zipfile.ZipInfo, name: int, extra: int) -> bytes:
    """Return the fields that both headers have."""
    year, month, day, hour, minute, second = one.date_time
    time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
    flags = 0 if one.orig_filename.isascii() else _UTF8
    numbers = (one.CRC, one.compress_size, one.file_size)
    return struct.pack("<4H3L2H", flags, one.compress_type, time, date, *numbers, name, extra)


def _fills(file: BinaryIO, one: zipfile.ZipInfo) -> bool:
    """Return whether a file is all that is in its place. Its reader names what is damaged or too large."""
    if one.compress_type != zipfile.ZIP_DEFLATED:
        return one.compress_type == zipfile.ZIP_STORED and one.compress_size == one.file_size
    unpacking, left, made = zlib.decompressobj(-zlib.MAX_WBITS), one.compress_size, 0
    while left and not unpacking.eof:
        data = file.read(min(left, _STEP))
        if not data:
            return False
        left -= len(data)
        while data and not unpacking.eof:
            try:
                made += len(unpacking.decompress(data, _STEP))
            except zlib.error:
                return True
            data = unpacking.unconsumed_tail
            if made > MOST_BYTES:
                return True
    return unpacking.eof and not left and not unpacking.unused_data


def _ends(count: int, size: int, at: int) -> tuple[bytes, ...]:
    """Return what can be after a directory: the end, or that of a large zip file and the end."""
    few, small, near = min(count, _SHORT), min(size, _LONG), min(at, _LONG)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, small, near, 0)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
    large += struct.pack("<4sLQL", b"PK\6\7", 0, at + size, 1) + end
    return (end, large) if (few, small, near) == (count, size, at) else (large,)
