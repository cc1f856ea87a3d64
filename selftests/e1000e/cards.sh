# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For scripts inside a lab machine: the Intel 82574L cards and their driver.
#
#   cards          prints the sysfs directory of each card, in order
#   card_bind DIR  binds a card to our driver, which is loaded
#   card_free DIR  takes it away from whatever has it

# shellcheck source=selftests/lab/cards.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/cards.sh"

cards() { lab_cards 0x8086 0x10d3; }

card_free() { lab_card_free "$1"; }

card_bind() { lab_card_bind "$1" e1000e_vfio_pci; }
