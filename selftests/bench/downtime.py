#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's downtime with the vGPU against its own emulated bochs-display.

The same guest, the same picture, in turns on the same machine: what disturbs
one disturbs the other. The median of each, as one JSON object.
"""

import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "qemu"))

import e2e  # noqa: E402
import vm as lab  # noqa: E402

MOVES = 9
LIMIT = 1.2


def downtimes():
    guests = {device: e2e.Guest(lab.Setup(device, "/lab/programs", None))
              for device in ("vgpu", "bochs")}
    times = {device: [] for device in guests}
    for _ in range(MOVES):
        for device, guest in guests.items():
            times[device].append(guest.move()["downtime"])
    for guest in guests.values():
        guest.end()
    return times


def main():
    times = downtimes()
    print("# vgpu %(vgpu)s ms, bochs %(bochs)s ms" % times)
    value = (statistics.median(times["vgpu"]) /
             statistics.median(times["bochs"]))
    print(json.dumps({
        "what": "QEMU's downtime, against its own bochs-display",
        "value": round(value, 5), "target": "<= %g" % LIMIT,
        "met": value <= LIMIT}))


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    sys.exit(main())
