/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What OpenStack Nova has to know of a host's devices, from its inventory. */
#ifndef _NOVA_H
#define _NOVA_H

#include "cli.h"

/* Traits and resource classes of Placement: at most this long. */
#define TRAIT_MAX 256

/* nova_traits.c: "CUSTOM_" and the text in letters that Placement takes. */
__attribute__((format(printf, 2, 3)))
const char *trait_name(char buf[TRAIT_MAX], const char *fmt, ...);

/* Of each version that a token accepts, and each of its eq_ keys; a set. */
void traits_accepted(json_t *traits, const char *token);
/* Of the version that it sends, and its eq_ keys: what a target must have. */
void traits_required(json_t *traits, const char *token);
/* CUSTOM_VFIO_TYPE. */
const char *resource_class(char buf[TRAIT_MAX], const char *token);

/* nova.c: parts of the output. @node: hypervisor's hostname in Nova. */
json_t *nova_providers(const json_t *inventory, const char *node);
json_t *nova_device_specs(const json_t *inventory);
json_t *nova_aliases(const json_t *inventory);
/* { TYPE: { "device_addresses": [], "mdev_class": ... } } */
json_t *nova_mdev_types(const json_t *inventory);

#endif
