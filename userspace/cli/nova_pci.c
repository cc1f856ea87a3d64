// SPDX-License-Identifier: LGPL-2.1-or-later
/* PCI devices of an inventory as Nova's device specifications and aliases. */
#include <stdio.h>
#include <string.h>
#include "facts.h"
#include "nova.h"

/* Nova wants ids without the "0x" of sysfs. */
static const char *id_of(const json_t *object, const char *key)
{
	const char *text = nova_text(object, key);

	return strncmp(text, "0x", 2) ? text : text + 2;
}

/*
 * Of "NAME" for all network functions, or "PF=NAME" for those of one PF; commas
 * separate several. The first that fits.
 */
static json_t *network_of(const json_t *object, const char *networks)
{
	const char *owner = nova_text(object, "physfn"), *name;
	size_t n, len;

	if (strncmp(nova_text(object, "class"), "0x02", 4))
		return NULL;
	if (!*owner)
		owner = nova_text(object, "name");
	for (; networks && *networks; networks += len + (networks[len] == ',')) {
		len = strcspn(networks, ",");
		name = memchr(networks, '=', len);
		if (!name)
			return json_stringn(networks, len);
		n = name - networks;
		if (strlen(owner) == n && !strncmp(owner, networks, n))
			return json_stringn(name + 1, len - n - 1);
	}
	return NULL;
}

/* libvirt may bind a device anew only if it takes the driver that is needed. */
const char *nova_managed(const json_t *object)
{
	const char *module = nova_text(object, "module");

	if (!strcmp(nova_text(object, "framework"), "nvidia") || !*module)
		return "no";
	return same_module(nova_text(object, "libvirt_driver"), module) ?
	       "yes" : "no";
}

/* Measured where it could be; else its driver is known to migrate. */
static bool migrates(const json_t *object)
{
	return !json_is_false(json_object_get(object, "migrates"));
}

static json_t *spec_of(const json_t *object, const struct nova_options *options)
{
	const char *token = nova_text(object, "token");
	char class[TRAIT_MAX];
	json_t *set = json_object();

	traits_accepted(set, token);
	return json_pack("{s:s, s:s, s:s, s:o*, s:s, s:s, s:s, s:o}",
			 "vendor_id", id_of(object, "vendor"),
			 "product_id", id_of(object, "device"),
			 "address", nova_text(object, "name"),
			 "physical_network", network_of(object, options->network),
			 "live_migratable", migrates(object) ? "yes" : "no",
			 "managed", nova_managed(object),
			 "resource_class", resource_class(class, token),
			 "traits", nova_joined(set));
}

json_t *nova_device_specs(const json_t *inventory,
			  const struct nova_options *options)
{
	json_t *specs = json_array(), *object;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object)
		if (nova_is_kind(object, "pci"))
			json_array_append_new(specs, spec_of(object, options));
	return specs;
}

static const char *device_type(const json_t *object)
{
	if (*nova_text(object, "physfn"))
		return "type-VF";
	return json_is_true(json_object_get(object, "sriov")) ? "type-PF" :
	       "type-PCI";
}

/* FNV-1a of all that the alias asks for. */
static int hash_bytes(const char *bytes, size_t len, void *arg)
{
	uint32_t *digest = arg;

	while (len--)
		*digest = (*digest ^ (uint8_t)*bytes++) * 0x01000193;
	return 0;
}

/*
 * Nova takes a name that is there twice only if both ask for the same, and the
 * API has the aliases of all hosts: what is asked for is in the name.
 */
static void name_alias(json_t *alias, const char *token)
{
	char type[VFIOMIG_VALUE_MAX] = "", stream[VFIOMIG_VALUE_MAX] = "";
	uint32_t digest = 0x811c9dc5;

	json_dump_callback(alias, hash_bytes, &digest,
			   JSON_COMPACT | JSON_SORT_KEYS);
	vfiomig_token_get(token, "type", type, sizeof(type));
	vfiomig_token_get(token, "stream", stream, sizeof(stream));
	json_object_set_new(alias, "name",
			    json_text("%s-v%s-%08x", type, stream, digest));
}

static json_t *alias_of(const json_t *object)
{
	const char *token = nova_text(object, "token");
	char class[TRAIT_MAX];
	json_t *set = json_object(), *alias;

	traits_required(set, token);
	alias = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
			  "name", "", "device_type", device_type(object),
			  "vendor_id", id_of(object, "vendor"),
			  "product_id", id_of(object, "device"),
			  "live_migratable", "yes",
			  "resource_class", resource_class(class, token),
			  "traits", nova_joined(set));
	name_alias(alias, token);
	return alias;
}

static bool is_in(const json_t *array, const json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

/* None of a device that is known not to migrate. */
json_t *nova_aliases(const json_t *inventory)
{
	json_t *aliases = json_array(), *object, *alias;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object) {
		if (!nova_is_kind(object, "pci") || !migrates(object))
			continue;
		alias = alias_of(object);
		if (!is_in(aliases, alias))
			json_array_append(aliases, alias);
		json_decref(alias);
	}
	return aliases;
}
