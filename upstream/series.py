#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""series.py KERNEL PROBED REPOSITORY SERIES: makes commits of one series.

KERNEL is the source of a kernel, PROBED the header in which include/compat/probe.sh
says what that kernel has, REPOSITORY an empty git repository. SERIES is a directory
here: NN-NAME.txt is a commit, the text up to the line "--" its message, what follows
says what is in it:

  Files: GLOB..           files of the project, in the form that they have in a kernel
  Tree: FILE..            files that only a kernel has, from tree/
  Hidden: FILE..          the same, but no one is asked for its option yet
  Insert: FILE | A | B    line B after line A; \\n in B begins another line
  Maintainers:            entries of tree/MAINTAINERS

The first commit has the files that are changed, as the kernel has them.
"""
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import textwrap

from form import Form, Wrong

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent
FROM = os.environ.get("UPSTREAM_FROM", "")
# What there is for user space, and for the project's own scripts.
NEVER = ["include/vmig/user.h", "drivers/*.list", "drivers/*.sh"]
SUITE_NEVER = ["run.sh", "kill.sh", "mtty.sh", "kernel.mk", "Makefile", "vfio-conformance.8",
               "promises.py", "citations.sh", "known/mtty.reports"]
KINDS = ("Files", "Tree", "Hidden", "Insert", "Maintainers")


class Patch:
    """One text, taken apart."""

    def __init__(self, path):
        self.path = path
        text, _, rest = path.read_text(encoding="utf-8").partition("\n--\n")
        subject, _, body = text.strip().partition("\n\n")
        self.message = "\n\n".join([subject] + [
            textwrap.fill(" ".join(p.split()), 72, break_on_hyphens=False)
            for p in body.split("\n\n")]) + "\n"
        self.lines = []
        for line in rest.strip().splitlines():
            kind, colon, value = line.partition(":")
            if kind not in KINDS or not colon:
                raise Wrong(f"{path.name}: what is \"{line}\"?")
            self.lines.append((kind, value.strip()))

    def words(self, kind):
        """All words of the lines of a kind."""
        return [w for k, v in self.lines if k == kind for w in v.split()]

    def inserts(self):
        """FILE, line, lines to come after it."""
        for kind, value in self.lines:
            if kind == "Insert":
                file, after, new = value.split("|")
                yield file.strip(), after, new[1:].replace("\\n", "\n").replace("\\t", "\t")

    def changed(self):
        """Files of the kernel that are changed."""
        found = [file for file, _, _ in self.inserts()]
        if any(kind == "Maintainers" for kind, _ in self.lines):
            found.append("MAINTAINERS")
        return found


def git(repo, *args, stdin=None):
    """Runs git there, with the sender's name."""
    name, _, mail = (FROM or "vfio-mig <vfio-mig@example.org>").partition(" <")
    env = dict(os.environ, GIT_AUTHOR_NAME=name, GIT_AUTHOR_EMAIL=mail.rstrip(">"),
               GIT_COMMITTER_NAME=name, GIT_COMMITTER_EMAIL=mail.rstrip(">"))
    subprocess.run(["git", "-C", repo, "-c", "core.hooksPath=/none", *args], check=True, env=env,
                   input=stdin, text=True, stdout=subprocess.DEVNULL)


def write(path, text, mode=0o644):
    """Writes a file and makes its directories."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def insert(path, after, new):
    """Puts lines after the only line that is like that."""
    lines = path.read_text(encoding="utf-8").split("\n")
    at = [i for i, line in enumerate(lines) if line.split() == after.split()]
    if len(at) != 1:
        raise Wrong(f"{path.name}: \"{after}\" is there {len(at)} times")
    lines[at[0] + 1:at[0] + 1] = new.split("\n")
    path.write_text("\n".join(lines), encoding="utf-8")


def maintainers(path):
    """Entries go where the alphabet has them."""
    text = path.read_text(encoding="utf-8")
    ours = (HERE / "tree/MAINTAINERS").read_text(encoding="utf-8")
    for entry in ours.split("\n\n")[1:]:
        entry = entry.strip("\n")
        title = entry.split("\n")[0]
        if FROM:
            entry = entry.replace(title, f"{title}\nM:\t{FROM}", 1)
        for other in re.finditer(r"^[A-Z0-9][^\n:]*\n(?=[MRLS]:\t)", text, re.M):
            if other.group(0) > title:
                text = text[:other.start()] + entry + "\n\n" + text[other.start():]
                break
    path.write_text(text, encoding="utf-8")


def tracked():
    """Files of the project, also such as are not committed yet."""
    said = subprocess.run(["git", "-C", TOP, "ls-files", "-co", "--exclude-standard"], check=True,
                          capture_output=True, text=True)
    return [name for name in said.stdout.split() if (TOP / name).is_file()]


def chosen(patch, files):
    """Files of the project in a patch; each pattern stands for at least one."""
    found = []
    for glob in patch.words("Files"):
        here = [f for f in fnmatch.filter(files, glob) if f.count("/") == glob.count("/") and
                not any(fnmatch.fnmatch(f, never) for never in NEVER)]
        if not here:
            raise Wrong(f"{patch.path.name}: the project has no {glob}")
        found += here
    return found


def build_files(repo, form):
    """A directory with objects: its Makefile names those that are there by now."""
    for kbuild in sorted(TOP.glob("drivers/*/Kbuild")):
        home = form.home(str(kbuild.parent.relative_to(TOP)) + "/")
        if any((repo / home).rglob("*.c")):
            write(repo / home / "Makefile", form.makefile(kbuild, repo / home))
    suite = repo / form.home("selftests/conformance/")
    if suite.is_dir():
        write(suite / "Makefile", form.suite_makefile(HERE / "tree", suite))


def commit(repo, form, patch, files):
    """Makes the commit of one patch."""
    for name in chosen(patch, files):
        source = TOP / name
        text = form.text(name, source.read_text(encoding="utf-8"))
        write(repo / form.home(name), text, source.stat().st_mode & 0o777)
    for kind in ("Tree", "Hidden"):
        for name in patch.words(kind):
            text = (HERE / "tree" / name).read_text(encoding="utf-8")
            write(repo / name, form.hidden(text) if kind == "Hidden" else text,
                  (HERE / "tree" / name).stat().st_mode & 0o777)
    for file, after, new in patch.inserts():
        insert(repo / file, after, new)
    if "MAINTAINERS" in patch.changed():
        maintainers(repo / "MAINTAINERS")
    build_files(repo, form)
    message = patch.message + (f"\nSigned-off-by: {FROM}\n" if FROM else "")
    git(repo, "add", "-Af")
    git(repo, "commit", "-q", "-F", "-", stdin=message)


def all_there(series, patches, files):
    """Each file of what the series is about is in one patch, and in one only."""
    counts = {}
    for patch in patches:
        for name in chosen(patch, files):
            counts[name] = counts.get(name, 0) + 1
    if series == "vfio-suite":
        wanted = [f for f in files if f.startswith("selftests/conformance/") and
                  f.split("/", 2)[2] not in SUITE_NEVER]
    else:
        wanted = [f for f in files if re.match(r"(drivers/|include/(vmig|uapi)/)", f) and
                  not f.endswith("/Kbuild") and
                  not any(fnmatch.fnmatch(f, never) for never in NEVER)]
    lost = [f for f in wanted if f not in counts]
    twice = [f for f, n in counts.items() if n > 1]
    if lost or twice:
        raise Wrong(f"upstream/{series}: in no patch: {' '.join(lost) or '-'}; "
                    f"in more than one: {' '.join(twice) or '-'}")


def main(kernel, probed, repo, series):
    """Makes all commits."""
    kernel, repo = pathlib.Path(kernel), pathlib.Path(repo)
    patches = [Patch(path) for path in sorted((HERE / series).glob("[0-9]*.txt"))]
    files = tracked()
    all_there(series, patches, files)
    form = Form(kernel, pathlib.Path(probed), TOP)
    for name in sorted({name for patch in patches for name in patch.changed()}):
        write(repo / name, (kernel / name).read_text(encoding="utf-8"))
    git(repo, "add", "-Af")
    git(repo, "commit", "-q", "--allow-empty", "-m", "the kernel")
    for patch in patches:
        commit(repo, form, patch, files)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Wrong as wrong:
        sys.exit(f"series.py: {wrong}")
