#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""from-code.py modules|states: prints the picture that follows from the code.

modules: each directory with a Kbuild, its files, and which module calls what
another one exports. states: the table of arcs in drivers/vfio-mig/arcs.c.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
HEAD = """// SPDX-License-Identifier: GPL-2.0-only
// Made by from-code.py; "make docs" makes it again.
digraph {name} {{
	graph [fontname="sans-serif", fontsize=12, bgcolor="white", {graph}];
	node [fontname="sans-serif", fontsize=10, shape=box, style="filled", fillcolor="{fill}"];
	edge [fontname="sans-serif", fontsize=9];
"""
EXPORT = re.compile(r"EXPORT_SYMBOL_GPL\((\w+)\)")
KERNEL = (("vfio_pci_core_", "vfio-pci-core"), ("mdev_register_", "mdev"),
          ("vfio_mig_get_next_state", "vfio"), ("vfio_dma_rw", "vfio"))


def read(path):
    return path.read_text(encoding="utf-8")


def name(room):
    return re.search(r"obj-m \+= (\w+)\.o", read(room / "Kbuild")).group(1)


def files(room):
    return sorted(str(p.relative_to(room)) for p in room.rglob("*.c")
                  if not p.name.endswith(".mod.c"))


def rows(names, each):
    return "\\n".join(" ".join(names[i:i + each]) for i in range(0, len(names), each))


def box(room):
    own = [f for f in files(room) if not f.startswith("shared/")]
    return f'{name(room)}.ko\\n{room.relative_to(TOP)}/\\n\\n{rows(own, 4)}'


def edges(rooms):
    text = {r: "\n".join(read(r / f) for f in files(r)) for r in rooms}
    exported = {r: set(EXPORT.findall(text[r])) for r in rooms}
    for user in rooms:
        words = set(re.findall(r"\w+", text[user] +
                               "\n".join(read(h) for h in user.rglob("*.h"))))
        if "VMIG_PCI_DRIVER" in words:
            words.add("vmig_pci_probe")
        for other in rooms:
            count = len(words & exported[other])
            if other != user and count:
                yield name(user), name(other), f"{count} functions"
        for target in {t for prefix, t in KERNEL for w in words if w.startswith(prefix)}:
            yield name(user), target, ""


def modules():
    rooms = sorted(p.parent for p in (TOP / "drivers").glob("*/Kbuild"))
    print(HEAD.format(name="modules", graph='rankdir=TB, nodesep=0.4, ranksep=0.6',
                      fill="#dbe9f6"), end="")
    print('\tsubgraph cluster_user { label="user space"; color="#999999";')
    print('\t\tvmm [label="QEMU or another VMM", fillcolor="#f2f2f2"];')
    print('\t\tcli [label="vfio-mig\\nuserspace/cli/", fillcolor="#e3f3df"];')
    print('\t\tlib [label="libvfiomig\\nuserspace/lib/", fillcolor="#e3f3df"];\n\t}')
    print('\tuapi [label="uAPI: linux/vfio.h, linux/vfio_mig.h, sysfs, netlink", '
          'fillcolor="#fff4cc", shape=box];')
    print('\tsubgraph cluster_kernel { label="kernel"; color="#999999";')
    for room in rooms:
        print(f'\t\t{name(room)} [label="{box(room)}"];')
    for target in sorted({t for _, t in KERNEL}):
        print(f'\t\t"{target}" [label="{target}\\nof Linux", fillcolor="#f2f2f2"];')
    shared = rows([f[7:] for f in files(TOP / "drivers/vfio-mig") if f.startswith("shared/")], 4)
    print('\t}\n\tshared [label="drivers/vfio-mig/shared/\\ncompiled by kernel and user space\\n\\n'
          f'{shared}", fillcolor="#fde3d0"];')
    print("\tcli -> lib; vmm -> uapi; lib -> uapi; cli -> uapi;")
    print("\tvfio_mig -> shared [style=dashed]; lib -> shared [style=dashed]; "
          "cli -> shared [style=dashed];")
    users = set()
    for a, b, label in sorted(edges(rooms)):
        users.add(b)
        print(f'\t{a} -> "{b}" [label="{label}"];')
    for room in rooms:
        if name(room) not in users:
            print(f"\tuapi -> {name(room)};")
    print("}")


ARC = re.compile(r"^\tARC\((\w+), (\w+), ([^)]*)\)", re.M)
FILL = {"RUNNING": "#e3f3df", "RUNNING_P2P": "#e3f3df", "PRE_COPY": "#fff4cc",
        "PRE_COPY_P2P": "#fff4cc", "STOP_COPY": "#fff4cc", "RESUMING": "#dbe9f6", "ERROR": "#fde3d0"}

PLACE = {"RUNNING": (2.4, 5), "PRE_COPY": (6.6, 5), "RUNNING_P2P": (-0.4, 3),
         "PRE_COPY_P2P": (9.4, 3), "STOP": (2.4, 1), "STOP_COPY": (6.6, 1),
         "RESUMING": (2.4, -1), "ERROR": (-2.2, 2.4)}
ORDER = tuple(PLACE)


def boxed(*lines):
    return ('<<table border="0" cellborder="0" cellpadding="1" cellspacing="0" bgcolor="white">' +
            "".join(f"<tr><td>{line}</td></tr>" for line in lines) + "</table>>")


def node(state):
    x, y = PLACE[state]
    print(f'\t{state} [pos="{x},{y}!", fillcolor="{FILL.get(state, "#f2f2f2")}"];')


def states():
    arcs = ARC.findall(read(TOP / "drivers/vfio-mig/arcs.c"))
    if len(arcs) < 10:
        sys.exit("arcs.c has no table that this script can read")
    print(HEAD.format(name="states", graph='layout=neato, splines=true, pad=0.2',
                      fill="#f2f2f2"), end="")
    for state in sorted({s for a in arcs for s in a[:2]}):
        node(state)
    node("ERROR")
    steps = {(a, b): ", ".join(s.strip(" &") for s in text.split(","))
             for a, b, text in arcs}
    for (source, target), text in steps.items():
        back = steps.get((target, source))
        if not back:
            print(f"\t{source} -> {target} [label={boxed(text)}];")
        elif ORDER.index(source) < ORDER.index(target):
            label = boxed(f"to {target}:", text, f"to {source}:", back)
            print(f"\t{source} -> {target} [dir=both, label={label}];")
    for source, target, *label in (
            ("ERROR", "RUNNING", "reset, as from", "each state"),
            ("STOP", "ERROR", "a step and its undoing", "failed, as from each state")):
        print(f"\t{source} -> {target} [style=dashed, label={boxed(*label)}];")
    print("}")


if __name__ == "__main__":
    {"modules": modules, "states": states}[sys.argv[1]]()
