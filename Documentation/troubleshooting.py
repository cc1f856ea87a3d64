#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""troubleshooting.py: prints troubleshooting.rst, of the texts that the code has.

troubleshooting.txt explains them. A text of the code that is not there, and one
there that the code does not have, is an error: the text is named, exit status 1.
With --list prints the texts of the code.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
# What is a text though it is one word, and what is none though it has several.
CALLS = re.compile(r"\b(?:ctx_fail|vmig_refuse|vmig_parser_fail|vmig_verdict_say)\(")
NOT_TOLD = re.compile(r"^\s*(?:#\s*include|MODULE_|TP_|__print_|seq_printf|put_text)")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def join(text):
    """Literals that follow each other are one."""
    return re.sub(r'"\s*\n?\s*"', "", text)


def statements(path):
    text = join(COMMENT.sub(" ", path.read_text(encoding="utf-8")))
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    parts[::2] = [re.sub("[;{}]", "\0", p) for p in parts[::2]]
    return "".join(parts).split("\0")


def texts(path):
    for part in statements(path):
        if any(NOT_TOLD.match(line) for line in part.split("\n")):
            continue
        for text in STRING.findall(part):
            words = re.sub(r"%[-#.*0-9lh]*[a-zA-Z]", "", text)
            if CALLS.search(part) and re.search("[a-z]", words):
                yield text
            elif len(re.findall("[A-Za-z]{2,}", words)) > 1 and " " in text:
                yield text


def code():
    """Texts, each with the files that have it."""
    found = {}
    for top in ("drivers", "userspace/lib"):
        for path in sorted((TOP / top).rglob("*.c")):
            if path.name.endswith(".mod.c"):
                continue
            for text in texts(path):
                found.setdefault(text.removesuffix("\\n").strip(), set()).add(str(path.relative_to(TOP)))
    return found


def explained():
    """Sections: heading, what stands below it, and entries of texts, meaning and remedy."""
    sections, texts_now = [], []
    quiet = set()
    for line in (HERE / "troubleshooting.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("== "):
            sections.append((line[3:], [], []))
        elif line.startswith("text "):
            texts_now.append(line[5:])
        elif line.startswith("no error "):
            quiet.add(line[9:])
        elif line.startswith("means "):
            sections[-1][2].append((tuple(texts_now), line[6:], []))
            texts_now = []
        elif line.startswith("do "):
            sections[-1][2][-1][2].append(line[3:])
        elif line and not line.startswith("#"):
            sections[-1][1].append(line)
    return sections, quiet


def findings():
    text = (TOP / "userspace/cli/findings.c").read_text(encoding="utf-8")
    entry = re.compile(r'\[[A-Z0-9_]+\] = \{\s*"([a-z0-9-]+)", ([A-Z]+),\s*"((?:[^"\\]|\\.)*)",'
                       r'\s*"((?:[^"\\]|\\.)*)"', re.S)
    return entry.findall(join(COMMENT.sub(" ", text)))


def shown(text):
    """As a person sees it: what a format puts in is three dots."""
    text = text.replace('\\"', '"').replace("\\\\", "\\")
    one = r"%[-#.*0-9lhz]*[a-zA-Z]"
    return re.sub(rf"{one}(?:\.?{one})*", "...", text)


def literal(text):
    return f"``{shown(text).strip()}``"


def problems(found, sections, quiet):
    known = [t for _, _, entries in sections for names, _, _ in entries for t in names]
    for text in found:
        if text not in known and text not in quiet:
            yield f"not explained in troubleshooting.txt: {text}"
    for text in known + sorted(quiet):
        if text not in found:
            yield f"the code has no such text: {text}"
    for text in {t for t in known if known.count(t) > 1 or t in quiet}:
        yield f"twice in troubleshooting.txt: {text}"


HEAD = """.. SPDX-License-Identifier: GPL-2.0-only
.. Made by troubleshooting.py of the code and of troubleshooting.txt: "make docs".

=================================
Troubleshooting, by error text
=================================

Three dots stand for what a message fills in: names, numbers, other words. Each text of the
modules, the library and the doctor is here.

Where a text is found:

* of the modules: ``/sys/kernel/debug/vfio_mig/NAME/reason`` on the host that refused, where
  NAME is the PCI address or UUID; ``VFIO_MIG_FEATURE_REASON``; the tracepoint
  ``vfio_mig:vmig_refuse``; the event FAILED on netlink
* of the library: ``vfiomig_error()``, and what ``vfio-mig`` prints
* of the doctor: ``vfio-mig doctor``
"""


def page(found, sections):
    out = [HEAD]
    for heading, intro, entries in sections:
        out += [heading, "=" * len(heading), ""]
        out += intro + [""] * bool(intro)
        for names, means, remedies in entries:
            out.append(", ".join(literal(t) for t in names))
            files = sorted({f for t in names for f in found[t]})
            out.append(f"  {means} *({', '.join(files)})*\n")
            out += [f"  {r}\n" for r in remedies]
    out += ["Findings of the doctor", "======================", "",
            "`cli.rst <cli.rst>`__ says when each is found.", ""]
    for name, severity, means, remedy in findings():
        out.append(f"``{name}`` ({severity.lower()})")
        out.append(f"  {shown(means)}\n\n  Do: {shown(remedy)}\n".replace("*", "\\*"))
    return "\n".join(out).rstrip("\n") + "\n"


def main():
    found = code()
    if "--list" in sys.argv:
        for text, files in found.items():
            print(f"{text}\t{' '.join(sorted(files))}")
        return 0
    sections, quiet = explained()
    wrong = list(problems(found, sections, quiet))
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    print(page(found, sections), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
