#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Says how much of core and vGPU the tests of the memory kind reached.

coverage.py RUN [RUN..]: RUN is what run.sh has left of a test. The counts of all
of them are added. Prints lines and branches of each file, and the functions and
lines that no test came to. gcov comes with gcc.
"""
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile


def notes_of(counts, run):
    """The compiler's notes lie where the module was built."""
    return pathlib.Path("/") / counts.relative_to(run / "gcov").with_suffix(".gcno")


def read(run):
    for counts in sorted((run / "gcov").rglob("*.gcda")):
        with tempfile.TemporaryDirectory() as work:
            shutil.copy(counts, work)
            shutil.copy(notes_of(counts, run), work)
            out = subprocess.run(
                ["gcov", "--json-format", "--stdout", "--branch-probabilities",
                 "-o", work, work + "/" + counts.name],
                check=True, capture_output=True, cwd=work).stdout
            yield json.loads(out)


class File:
    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.Counter()
        self.functions = collections.Counter()

    def add(self, data):
        for function in data["functions"]:
            self.functions[function["name"]] += function["execution_count"]
        for line in data["lines"]:
            self.lines[line["line_number"]] += line["count"]
            for i, branch in enumerate(line["branches"]):
                self.branches[line["line_number"], i] += branch["count"]


def part(counts):
    hit = sum(1 for n in counts.values() if n)
    return "%5.1f %% of %4d" % (100 * hit / len(counts) if counts else 100, len(counts))


def ranges(numbers):
    out = []
    for n in sorted(numbers):
        if out and n <= out[-1][1] + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join("%d" % a if a == b else "%d-%d" % (a, b) for a, b in out)


def main():
    files = collections.defaultdict(File)
    for run in map(pathlib.Path, sys.argv[1:]):
        for report in read(run):
            for data in report["files"]:
                name = data["file"]
                # Others are headers of the kernel, with whole paths.
                if name.startswith("drivers/"):
                    files[name].add(data)
    if not files:
        sys.exit("no counts: is it the memory kind?")
    total = File()
    for name in sorted(files):
        f = files[name]
        print("# %-36s lines %s, branches %s" % (name, part(f.lines), part(f.branches)))
        for key in ("lines", "branches"):
            getattr(total, key).update({(name, k): v for k, v in getattr(f, key).items()})
    print("# %-36s lines %s, branches %s" % ("all", part(total.lines), part(total.branches)))
    for name in sorted(files):
        f = files[name]
        missed = [n for n, count in f.functions.items() if not count]
        if missed:
            print("# not reached in %s: %s" % (name, " ".join(missed)))
        lines = [n for n, count in f.lines.items() if not count]
        if lines:
            print("# lines not reached in %s: %s" % (name, ranges(lines)))


main()
