#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Puts one fault of mutants.list into a copy of the sources.

mutate.py list                      prints "NAME KIND" of each, KIND is the kernel's
mutate.py words NAME                prints what the fault is
mutate.py by NAME                   prints what is known to find it
mutate.py apply NAME DIR            changes the one file below DIR/drivers
mutate.py check DIR                 does each apply to DIR? says which do not

A block of mutants.list:

    mutant NAME [on KIND]
    # what a driver did wrong
    by TEST
    in DIRECTORY
    - text that is there
    + text that is there instead

TEST, of selftests/tests.list or a program of the suite, is tried first; without
it, and if it fails to find the fault, all are tried in turn.

The text to be replaced may stand in any file of drivers/DIRECTORY, and stands
there once; white space counts as one space. %1 to %9 are any identifier. So a
file may be moved or renamed, and a fault whose text is gone is an error in words.
"""
import pathlib
import re
import sys


class Mutant:
    def __init__(self, name, kernel):
        self.name, self.kernel = name, kernel
        self.words, self.edits, self.by = [], [], ""

    def edit(self):
        if not self.edits:
            self.fail("has no 'in DIRECTORY'")
        return self.edits[-1]

    def fail(self, text):
        sys.exit("mutant %s: %s" % (self.name, text))


def read(path):
    found = []
    for line in path.read_text().splitlines():
        head, _, rest = line.partition(" ")
        if head == "mutant":
            words = rest.split()
            found.append(Mutant(words[0], words[2] if len(words) > 2 else "plain"))
        elif not found or not line.strip():
            continue
        elif head == "#":
            found[-1].words.append(rest)
        elif head == "by":
            found[-1].by = rest.strip()
        elif head == "in":
            found[-1].edits.append((rest.strip(), [], []))
        elif head in "-+":
            found[-1].edit()[1 if head == "-" else 2].append(rest)
        else:
            found[-1].fail("a line that says nothing: %s" % line)
    return found


def pattern(lines):
    """A regular expression for text, with any white space where there is some."""
    out, seen = [], set()
    for word in " ".join(lines).split():
        part = ""
        for piece in re.split(r"(%[1-9])", word):
            if not re.fullmatch(r"%[1-9]", piece):
                part += re.escape(piece)
            elif piece in seen:
                part += "(?P=v%s)" % piece[1]
            else:
                seen.add(piece)
                part += r"(?P<v%s>\w+)" % piece[1]
        out.append(part)
    return re.compile(r"\s+".join(out))


def places(mutant, top, directory, old):
    want = pattern(old)
    base = top / "drivers" / directory
    files = sorted(p for p in base.rglob("*") if p.suffix in (".c", ".h"))
    if not files:
        return ["there is no %s" % base], []
    hits = []
    for path in files:
        # Objects of a build may lie beside the sources; generated C does not count.
        if path.name.endswith(".mod.c"):
            continue
        hits += [(path, m) for m in want.finditer(path.read_text())]
    if len(hits) == 1:
        return [], hits
    return ["its text stands %d times in drivers/%s: %s" %
            (len(hits), directory, " ".join(" ".join(old).split()))], []


def plan(mutant, top):
    wrong, changes = [], []
    for directory, old, new in mutant.edits:
        errors, hits = places(mutant, top, directory, old)
        wrong += errors
        for path, match in hits:
            text = "\n".join(new)
            for name, value in match.groupdict().items():
                text = text.replace("%" + name[1], value)
            changes.append((path, match.span(), text))
    return wrong, changes


def apply(mutant, top):
    wrong, changes = plan(mutant, top)
    if wrong:
        mutant.fail("; ".join(wrong))
    for path, (begin, end), text in sorted(changes, key=lambda c: -c[1][0]):
        source = path.read_text()
        path.write_text(source[:begin] + text + source[end:])


def main():
    command, args = sys.argv[1], sys.argv[2:]
    mutants = read(pathlib.Path(__file__).parent / "mutants.list")
    by_name = {m.name: m for m in mutants}
    if len(by_name) != len(mutants):
        sys.exit("two mutants have one name")
    if command == "list":
        for m in mutants:
            print(m.name, m.kernel)
    elif command == "words":
        print(" ".join(by_name[args[0]].words))
    elif command == "by":
        print(by_name[args[0]].by)
    elif command == "apply":
        apply(by_name[args[0]], pathlib.Path(args[1]))
    elif command == "check":
        wrong = ["%s: %s" % (m.name, w) for m in mutants
                 for w in plan(m, pathlib.Path(args[0]))[0]]
        print("\n".join(wrong) if wrong else "%d mutants apply" % len(mutants))
        sys.exit(bool(wrong))
    else:
        sys.exit(__doc__)


main()
