#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes vectors/*.hex: a second implementation of Documentation/stream-format.rst
that shares no line with the first. Run it by hand when the format changes."""
import os
import struct

DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors")


def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


def header(major=1, minor=0, magic=b"VMIG", length=20, flags=0):
    head = magic + struct.pack("<HHII", major, minor, length, flags)
    return head + struct.pack("<I", crc32c(0xFFFFFFFF, head))


def record(tag, payload=b"", version=1, flags=0, instance=0, vendor=0, length=None):
    length = len(payload) if length is None else length
    head = tag + struct.pack("<HHIII", version, flags, instance, vendor, length)
    crc = crc32c(0xFFFFFFFF, head + payload)
    return head + struct.pack("<I", crc) + payload


def end(head, records, count=None, extra=0):
    crc = 0
    for part in [head[16:20]] + [r[20:24] for r in records]:
        crc = crc32c(crc, part)
    size = len(head) + sum(len(r) for r in records) + extra
    count = len(records) if count is None else count
    return record(b"END ", struct.pack("<QQI", count, size, crc))


def write(name, expect, what, parts):
    with open(os.path.join(DIR, name + ".hex"), "w", encoding="ascii") as f:
        f.write(f"expect: {expect}\n# SPDX-License-Identifier: GPL-2.0-only\n")
        f.write(f"# {what}\n")
        for part in parts:
            for i in range(0, len(part), 16):
                f.write(part[i:i + 16].hex(" ") + "\n")
            f.write("#\n")


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def main():
    h = header()
    token = record(b"TOKN", b"vmig1 type=t")
    regs = record(b"REGS", bytes(range(9)), instance=2)
    none = [record(b"NONE", instance=i) for i in (1, 2)]
    vendor = record(b"PRIV", b"x", flags=5, vendor=0x1AF4)
    run = record(b"VRAM", struct.pack("<QQ", 0x3000, 0x2000), flags=2)
    good = [token, regs, none[0], none[1], vendor, run]
    tail = end(h, good)

    write("empty", "OK", "no record but END", [h, end(h, [])])
    write("small", "OK", "each kind of record", [h] + good + [tail])
    write("truncated", "ENODATA", "END lacks a byte", [h] + good + [tail[:-1]])
    write("no-end", "ENODATA", "no END", [h] + good)
    write("after-end", "EINVAL", "a byte after END", [h] + good + [tail, b"\0"])
    write("magic", "EINVAL", "another magic", [header(magic=b"VMIH")])
    write("header-checksum", "EBADMSG", "checksum of the header", [flip(h, 16)])
    write("header-length", "EINVAL", "header of 24 bytes", [header(length=24)])
    write("header-flags", "EINVAL", "flag in the header", [header(flags=1)])
    write("major", "EPROTONOSUPPORT", "major version 2", [header(major=2)])
    write("minor", "EPROTONOSUPPORT", "minor version 1", [header(minor=1)])
    write("payload", "EBADMSG", "one bit of a payload", [h, flip(token, 30)])
    write("swapped", "EBADMSG", "two records without payload change places",
          [h, token, regs, none[1], none[0], vendor, run, tail])
    write("dropped", "EBADMSG", "a record is left out", [h] + good[1:] + [tail])
    write("count", "EBADMSG", "count of records in END",
          [h] + good + [end(h, good, count=5)])
    write("bytes", "EBADMSG", "count of bytes in END",
          [h] + good + [end(h, good, extra=1)])
    write("too-long", "EMSGSIZE", "record of 65537 bytes",
          [h, record(b"LONG", length=65537)])
    write("flags", "EINVAL", "unknown record flag", [h, record(b"FLAG", flags=8)])
    write("vendor-flag", "EINVAL", "flag without an id", [h, record(b"PRIV", flags=4)])
    write("vendor-id", "EINVAL", "id without the flag", [h, record(b"PRIV", vendor=1)])
    write("end-version", "EINVAL", "END of version 2",
          [h, record(b"END ", end(h, [])[24:], version=2)])
    write("end-instance", "EINVAL", "END of instance 1",
          [h, record(b"END ", end(h, [])[24:], instance=1)])


main()
