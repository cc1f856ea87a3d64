/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Versions of what would use the devices: QEMU, libvirt, Nova. */
#ifndef _VMM_H
#define _VMM_H

#include "cli.h"

enum vmm { VMM_QEMU, VMM_LIBVIRT, VMM_NOVA, VMMS };

extern const char *const vmm_names[VMMS];

/*
 * vmm_version - version of a program, as major * 1000 + minor
 *
 * Of this host by asking the program; of another one by vmm.json beside its tree,
 * which "collect" writes, or by Debian's list of packages. 0 when it is not there
 * or not known.
 */
int vmm_version(enum vmm vmm);

/* { "qemu": "10.0.2", ... }, of those that are there. */
json_t *vmm_all(void);

#endif
