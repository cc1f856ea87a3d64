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

/**
 * struct nova_options - what the operator chooses
 * @node: hypervisor's hostname in Nova
 * @type: "TYPE" or "PARENT=TYPE", separated by commas, or NULL
 * @network: "NAME" or "PF=NAME", separated by commas, or NULL
 */
struct nova_options {
	const char *node;
	const char *type;
	const char *network;
};

/* nova.c: parts of the output. */
json_t *nova_providers(const json_t *inventory, const char *node);
/* { TYPE: { "device_addresses": [], "mdev_class": ... } }; NULL after fail(). */
json_t *nova_mdev_types(const json_t *inventory,
			const struct nova_options *options);

/* nova_pci.c */
json_t *nova_device_specs(const json_t *inventory,
			  const struct nova_options *options);
json_t *nova_aliases(const json_t *inventory);

/* nova.c: texts of an object ("" for none), and what has a token that is valid. */
const char *nova_text(const json_t *object, const char *key);
bool nova_is_kind(const json_t *object, const char *kind);
const json_t *nova_objects(const json_t *inventory);
/* nova_pci.c: "yes" where libvirt would bind the right driver by itself. */
const char *nova_managed(const json_t *object);
/* Names of a set, sorted, with commas; releases it. */
json_t *nova_joined(json_t *set);

#endif
