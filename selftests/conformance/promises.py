#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the table of promises against linux/vfio.h and the tests.

promises.py TABLE VFIO_H: each row of TABLE, "| sentence | test; test or why
not |", has a sentence of the header, each sentence of the header's migration part
has a row, and each test that is named in `code` exists.
promises.py --list VFIO_H: the sentences, one a line.
"""
import pathlib
import re
import sys

# Comments of the migration part: those that end before these definitions.
ENDS = ["VFIO_DEVICE_FEATURE_MIGRATION 1", "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE 2",
        "enum vfio_device_mig_state {", "struct vfio_precopy_info {",
        "VFIO_DEVICE_FEATURE_DMA_LOGGING_START 6",
        "VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP 7",
        "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT 8",
        "VFIO_DEVICE_FEATURE_MIG_DATA_SIZE 9",
        "VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2  12"]


def comments(header):
    """The text of the last comment before each end, paragraph by paragraph."""
    for end in ENDS:
        if end not in header:
            sys.exit("linux/vfio.h has no %s" % end)
        before = header[:header.index(end)]
        blocks = [b for b in re.findall(r"/\*.*?\*/", before, re.S) if "\n" in b]
        lines = [re.sub(r"^\s*/?\*+/?", "", line).strip()
                 for line in blocks[-1].split("\n")]
        yield from "\n".join(lines).split("\n\n")


# What is no sentence: names of arcs, which begin a paragraph, and of commands.
ARC = re.compile(r"^(?:[\w]+ -> [\w]+\s*)+|^any -> ERROR\s*")
NAME = re.compile(r"^VFIO_[A-Za-z0-9_]+( - _IO\(.*\))?\.?$")


def sentences(header):
    for paragraph in comments(header):
        text = ARC.sub("", " ".join(paragraph.split()))
        # Items of the list of rules, and states that have a line each.
        text = re.sub(r" (?=- (?:Select|The path))", "\n", text)
        text = re.sub(r" (?=[A-Z_0-9]+ - [A-Z])", "\n", text)
        for line in text.split("\n"):
            for s in re.split(r"(?<=[a-z)0-9*][.:]) (?=[A-Z*bV])", line):
                s = s.strip()
                if s and not NAME.match(s):
                    yield s


def key(text):
    return re.sub(r"[^A-Za-z0-9]+", " ", text).strip().lower()


def rows(table):
    for line in table.split("\n"):
        cells = [c.strip() for c in line.split(" | ")]
        if line.startswith("| \"") and len(cells) == 2:
            yield cells[0].strip("| \""), cells[1].rstrip("| ")


def tests(top):
    for path in list((top / "conformance").glob("*.c")) + list((top / "vgpu").glob("*.c")):
        for name in re.findall(r"^TEST(?:_F\w*)?\((?:\w+, )?(\w+)", path.read_text(), re.M):
            yield name.replace("_", " ")


def main():
    if sys.argv[1] == "--list":
        print("\n".join(sentences(pathlib.Path(sys.argv[2]).read_text())))
        return
    header = list(sentences(pathlib.Path(sys.argv[2]).read_text()))
    table = list(rows(pathlib.Path(sys.argv[1]).read_text()))
    known = set(tests(pathlib.Path(__file__).resolve().parent.parent))
    have, want = {key(s) for s, _ in table}, {key(s) for s in header}
    wrong = ["no row for: " + s for s in header if key(s) not in have]
    wrong += ["not in linux/vfio.h: " + s for s, _ in table if key(s) not in want]
    for sentence, cell in table:
        if not cell:
            wrong.append("nothing is said of: " + sentence)
        for test in re.findall(r"`[\w-]+: ([^`]+)`", cell):
            if test not in known:
                wrong.append("there is no test \"%s\"" % test)
    print("\n".join(wrong) if wrong else "", end="\n" if wrong else "")
    sys.exit(bool(wrong))


main()
