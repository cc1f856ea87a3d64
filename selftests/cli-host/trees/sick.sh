# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A host with something of everything that is wrong. Each function is named
# after its device number in the tests.
# shellcheck source=selftests/cli-host/trees/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

host omega 5.19.0-test
options VFIO_PCI
# The best is neither the first nor the last.
alias_of "v*d*sv*sd*bc*sc*i*" vfio_pci
alias_of "v00008086d000010D3sv00008086sd*bc*sc*i*" best_vfio_pci
alias_of "v00008086d000010D3sv*sd*bc*sc*i*" e1000e_vfio_pci

driver e1000e e1000e
driver vfio-pci vfio_pci
driver odd-name odd_module
driver good_vfio_pci good_vfio_pci

pci 0000:01:00.0 8086 10d3
config 0000:01:00.0 256
pci 0000:02:00.0 8086 10d3 e1000e
config 0000:02:00.0 256
vfio 0000:02:00.0 2

pci 0000:03:00.0 8086 10d3 vfio-pci
config 0000:03:00.0 256
vfio 0000:03:00.0 3
# One that the host uses is in its group.
link sys/kernel/iommu_groups/3/devices/0000:02:00.0 $devices/0000:02:00.0
rm "$ROOT/$devices/0000:02:00.0/iommu_group"
rm -r "$ROOT/$devices/0000:02:00.0/vfio-dev"

pci 0000:04:00.0 8086 10d3 good_vfio_pci
rm "$ROOT/$devices/0000:04:00.0/reset"
config 0000:04:00.0 4096 0x40:01 0x50:05 0x70:09 0x100:01 0x140:03 0x180:10

pci 0000:05:00.0 abcd 1234 odd-name
config 0000:05:00.0 256
vfio 0000:05:00.0 5
pci 0000:06:00.0 abcd 1234 vfio-pci
config 0000:06:00.0 256
vfio 0000:06:00.0 6
rm "$ROOT/$devices/0000:06:00.0/modalias"
rm -r "$ROOT/sys/class/iommu"
