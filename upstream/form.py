# SPDX-License-Identifier: GPL-2.0-only
"""What a file of the project looks like in a kernel's tree: at its place there, for one
kernel, without what other kernels and user space need of it."""
import re
import subprocess
import textwrap

DOCUMENTS = "Documentation/driver-api/vfio-mig"
SUITE = "tools/testing/selftests/vfio/migration/"
# Directories, the longest first.
HOMES = [
    ("drivers/vfio-mig-pci/", "drivers/vfio/pci/mig/"),
    ("drivers/vfio-mig/", "drivers/vfio/mig/"),
    ("drivers/vgpu/", "samples/vfio-mdev/vgpu/"),
    ("drivers/", "drivers/vfio/pci/"),
    ("include/vmig/", "include/linux/vfio_mig/"),
    ("selftests/conformance/vfio-conformance", SUITE + "vfio-conformance.sh"),
    ("selftests/conformance/", SUITE),
]
# Options by module; a driver of a card has its module's name.
OPTIONS = {"vfio_mig_vgpu": "SAMPLE_VFIO_MIG_VGPU"}
KEPT = ("Documentation/ABI/", "Documentation/netlink/")


class Wrong(Exception):
    """A rule that does not fit, in words."""


def substitute(body, names, values):
    """BODY with arguments in the place of parameters."""
    for name, value in zip(names, values):
        body = re.sub(rf"\b{name}\b", lambda _, v=value: v, body)
    return body


def arguments(text, at):
    """Arguments of a call whose parenthesis opens at AT, and where it ends."""
    depth, begin, found = 0, at + 1, []
    for i in range(at, len(text)):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if depth == 0 or (depth == 1 and text[i] == "," and i > at):
            found.append(" ".join(text[begin:i].split()))
            begin = i + 1
        if depth == 0:
            return [a for a in found if a], i + 1
    raise Wrong("a call without an end")


def refill(text):
    """Lines of block comments that are longer now, from there to the paragraph's end."""
    lines, done = text.split("\n"), []
    while lines:
        prefix = re.match(r"\s*\* (?=[^\s@])", lines[0])
        if len(lines[0].expandtabs()) <= 80 or not prefix:
            done.append(lines.pop(0))
            continue
        words = []
        while lines and re.match(re.escape(prefix.group(0)) + r"[^\s@]", lines[0]):
            words += lines.pop(0)[prefix.end():].split()
        done += textwrap.wrap(" ".join(words), 80, initial_indent=prefix.group(0),
                              subsequent_indent=prefix.group(0), break_long_words=False,
                              break_on_hyphens=False)
    return "\n".join(done)


class Form:
    """The form for one kernel."""

    def __init__(self, kernel, probed, top):
        self.kernel, self.top = kernel, top
        self.unifdef = probed.parent / "unifdef"
        self.have = dict(re.findall(r"^#define (VMIG_HAVE_\w+)\s+([01])$",
                                    probed.read_text(encoding="utf-8"), re.M))
        self.inline = {}
        for path in sorted((top / "include/compat").glob("*_compat.h")):
            self.learn(self.without(path, self.defined()))
        texts = (p.read_text(encoding="utf-8") for p in (top / "upstream/vfio-mig").glob("*.txt"))
        self.pages = re.findall(r"Documentation/([\w-]+)\.rst", " ".join(texts))

    def defined(self):
        """Macros of the kernel that compat asks for by #ifdef."""
        texts = ((self.kernel / "include" / name).read_text(encoding="utf-8")
                 for name in ("uapi/linux/vfio.h", "net/genetlink.h"))
        return [f"-D{name}" for name in
                re.findall(r"#define\s+((?:VFIO|GENL)_\w+)\b(?!\()", "".join(texts))]

    def without(self, path, more=(), text=None):
        """A file without the branches that this kernel does not take."""
        args = [f"-D{name}={value}" for name, value in self.have.items()]
        said = subprocess.run([self.unifdef, "-B", "-D__KERNEL__", *args, *more],
                              input=text or path.read_text(encoding="utf-8"),
                              capture_output=True, text=True, check=False)
        if said.returncode > 1:
            raise Wrong(f"unifdef, {path}: {said.stderr}")
        return said.stdout

    def learn(self, text):
        """What macros and functions of the compat headers stand for."""
        for name, params, body in re.findall(
                r"^#define (VMIG_\w+)(\(\))?[ \t]*(.*)$", text, re.M):
            self.inline[name] = ([] if params else None, body.strip())
        for name, params, body in re.findall(
                r"^static inline [^;{]*?\b(\w+)\(([^)]*)\)\n\{\n(.*?)^\}$", text, re.M | re.S):
            one = re.fullmatch(r"\s*return (.*);\s*", body, re.S)
            names = [re.findall(r"\w+", p)[-1] for p in params.split(",")]
            self.inline[name] = (names, " ".join(one.group(1).split()) if one else None)

    def expand(self, name, text):
        """Names of the compat headers become what they stand for."""
        for word, (params, body) in self.inline.items():
            pattern = re.compile(rf"\b{word}\b")
            found = pattern.search(text)
            while found:
                if body is None:
                    raise Wrong(f"{name}: {word}() is more than one expression on this kernel")
                values, end = ([], found.end()) if params is None else \
                    arguments(text, found.end())
                text = text[:found.start()] + substitute(body, params or [], values) + text[end:]
                found = pattern.search(text)
        return text

    def home(self, name):
        """Where a file stands in the kernel."""
        for ours, theirs in HOMES:
            if name.startswith(ours):
                return theirs + name[len(ours):]
        if name.startswith("Documentation/") and not name.startswith(KEPT):
            return DOCUMENTS + name[len("Documentation"):]
        return name

    def paths(self, text):
        """Names of files in text."""
        for ours, theirs in HOMES:
            text = re.sub(rf"(?<![\w/.-]){re.escape(ours)}(?!vfio/)", theirs, text)
        text = re.sub(r"(?<![\w/-])vmig/(?=[a-z_]+\.h)", "linux/vfio_mig/", text)
        return re.sub(r"(?<![\w/])Documentation/([\w-]+)\.rst",
                      lambda m: f"{DOCUMENTS}/{m.group(1)}.rst", text)

    def words(self, name, text):
        """Changes that stand in "words": FILE, old text, new text, in three lines."""
        lines = (self.top / "upstream/words").read_text(encoding="utf-8").split("\n\n", 1)[1]
        for file, old, new in re.findall(r"^(\S+)\n(.+)\n(.*)\n\n", lines, re.M):
            if file != name:
                continue
            old, new = old.replace("\\n", "\n"), new.replace("\\n", "\n")
            if old not in text:
                raise Wrong(f"upstream/words: {name} does not say \"{old}\"")
            text = text.replace(old, new)
        return text

    def code(self, name, text):
        """A file in C."""
        text = self.without(self.top / name, text=text)
        text = re.sub(r'^#include "\w+_compat\.h"\n', "", text, flags=re.M)
        if self.compat_of(name, text):
            text = self.expand(name, text)
        return refill(self.paths(text))

    def compat_of(self, name, text):
        """Does it use anything of the compat headers?"""
        return name.startswith(("drivers/", "include/vmig/")) and \
            any(word in text for word in self.inline)

    def document(self, text):
        """A page: without what is of the project only, with links as a kernel has them."""
        text = re.sub(r"^\.\. not in a kernel\n.*?^\.\. in a kernel, too\n+", "", text,
                      flags=re.M | re.S)

        def link(match):
            page = match.group(1)
            if page not in self.pages:
                raise Wrong(f"a page links to {page}.rst, which is in no patch")
            return f"Documentation/{page}.rst"
        text = re.sub(r" \(`[^`]*<(?:%s)\.rst>`__\)" % "|".join(self.absent()), "", text)
        text = re.sub(r"`[^`<]*<([\w-]+)\.rst>`__?", link, text)
        return self.paths(text).rstrip("\n") + "\n"

    def absent(self):
        """Pages of the project that are in no patch."""
        return [p.stem for p in (self.top / "Documentation").glob("*.rst")
                if p.stem not in self.pages]

    def text(self, name, text):
        """Any file, as it is in the kernel."""
        text = self.words(name, text)
        if name.startswith("Documentation/") and name.endswith(".rst"):
            return self.document(text)
        if name.startswith(("drivers/", "include/")):
            return self.code(name, text)
        return self.paths(text) if not name.startswith("selftests/") else text

    def hidden(self, text):
        """Kconfig in which an option is not asked for yet."""
        return re.sub(r'^\ttristate ".*$', "\ttristate", text, flags=re.M)

    def makefile(self, kbuild, home):
        """The Makefile of a directory, with the objects whose sources are there."""
        lines = []
        for line in kbuild.read_text(encoding="utf-8").replace("\\\n", " ").split("\n"):
            if "KCOV" in line or line.startswith("# User") or line.startswith("# The host"):
                continue
            module = re.match(r"obj-m \+= (\w+)\.o", line)
            objects = re.match(r"(\w+-y) [:+]= (.*)", line)
            if module:
                option = OPTIONS.get(module.group(1), module.group(1).upper())
                line = f"obj-$(CONFIG_{option}) += {module.group(1)}.o"
            elif objects:
                there = [o for o in objects.group(2).split()
                         if (home / o).with_suffix(".c").exists()]
                lines += [f"{objects.group(1)} += {o}" for o in there]
                continue
            if line.startswith("CFLAGS_"):
                if not (home / "report.c").exists():
                    continue
            elif line.startswith("# trace.h") and not (home / "report.c").exists():
                continue
            lines.append(line)
        return "\n".join(lines).rstrip("\n") + "\n"

    def suite_makefile(self, tree, suite):
        """That of the suite: the programs that are there by now."""
        text = (tree / SUITE / "Makefile").read_text(encoding="utf-8")
        keep = []
        for line in text.split("\n"):
            program = re.match(r"(?:TEST_\w+|COMMON) \+= ([\w.-]+)$", line)
            there = program and any((suite / (program.group(1) + end)).exists()
                                    for end in ("", ".c"))
            if not program or there:
                keep.append(line)
        return "\n".join(keep)
