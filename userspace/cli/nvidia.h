/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vGPUs of NVIDIA. With older drivers and kernels they are mdevs; with newer ones
 * they are virtual functions on the driver nvidia itself, whose files nvidia/ say
 * which type each is. The host's driver, and not Linux, migrates both.
 */
#ifndef _NVIDIA_H
#define _NVIDIA_H

#include "cli.h"

bool nvidia_is_gpu(const struct object *object);
/* Has it a framework for vGPUs: of itself, or by virtual functions? */
bool nvidia_has_vgpus(const struct object *object);
/* Is it a virtual function with files nvidia/? */
bool nvidia_is_vf(const struct object *object);
/* An mdev or mdev type of NVIDIA? */
bool nvidia_is_mdev(const struct object *object);
/* Number of the type that a virtual function is; 0 for none yet. */
unsigned int nvidia_current_type(const struct object *object);
/* Version of the host's driver; "" when it is not known. */
const char *nvidia_driver_version(char buf[64]);

/* The token's words: number of the type, board, driver. Length or -errno. */
int nvidia_token(const struct object *object, char *token);
/*
 * nvidia_types - what could be made of virtual functions that are no vGPU yet
 *
 * Objects as in an inventory, of kind "type", one for each GPU and type.
 */
json_t *nvidia_types(void);

#endif
