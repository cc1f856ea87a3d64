/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI configuration space: its capabilities, and what clients make of it. */
#ifndef _PCI_CONFIG_H
#define _PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_MAX 4096
#define CAPS_MAX 128

/**
 * struct pci_cap - a capability
 * @id: its id
 * @extended: in the space from 0x100 on
 * @at: offset
 * @len: bytes up to the next one, or to the end of the space
 */
struct pci_cap {
	uint16_t id;
	bool extended;
	uint16_t at;
	uint16_t len;
};

/* Walks both lists, which may be hostile. Returns how many there are. */
int pci_caps(const uint8_t *config, size_t len, struct pci_cap caps[CAPS_MAX]);
const char *pci_cap_name(const struct pci_cap *cap);

/*
 * config_masks - what of a configuration space must be equal on both hosts
 *
 * @compared: out: bits that QEMU compares when it loads a device, and refuses
 *	it if they differ.
 * @visible: out: bits that a guest can see, and that are no matter of this
 *	host or of the moment (addresses, commands).
 */
void config_masks(const uint8_t *config, size_t len,
		  uint8_t compared[CONFIG_MAX], uint8_t visible[CONFIG_MAX]);

/* In what a byte is: "vendor id", "MSI-X", "Device Serial Number". */
const char *config_field(const uint8_t *config, size_t len, size_t at);

#endif
