#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""commands.py FILE...: prints "FILE<tab>COMMAND" of each command in literal blocks."""
import re
import sys

WORDS = re.compile(r"^(?:(?:there|here)#\s+)?(?:[A-Z_]+=\S+ +)?(?:make|cc|dkms|apt|ssh|modprobe|insmod|"
                   r"echo|virsh|mdevctl|driverctl|qemu-system\S*|vfio-mig|selftests/\S+|-device|uuid=|token=)(?=\s|$|\S*\$\()")


def blocks(path):
    """Lines of literal blocks: indented by four in Markdown, behind :: in reST."""
    inside, margin = path.endswith(".md"), 4
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        indent = len(line) - len(line.lstrip())
        if path.endswith(".md"):
            if indent >= margin:
                yield line.strip()
            continue
        if inside and line.strip() and indent == 0:
            inside = False
        if inside and line.strip():
            yield line.strip()
        if line.endswith("::") and not line.startswith(".. "):
            inside = True


for name in sys.argv[1:]:
    for text in blocks(name):
        if WORDS.match(text):
            print(name, re.sub(r"\s+# .*$", "", text), sep="\t")
