// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices of an inventory in the terms of Nova: custom traits of providers,
 * device specifications and aliases, and mdev types.
 *
 * Traits of PCI devices are in their device specifications. Nova refuses to
 * start when a file of providers has the same ones again, so those of mdev
 * types alone are there.
 */
#include <stdio.h>
#include <string.h>
#include "nova.h"

static const char *get(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is_kind(const json_t *object, const char *kind)
{
	return !strcmp(get(object, "kind"), kind) &&
	       !vfiomig_token_valid(get(object, "token"), NULL);
}

static const json_t *objects_of(const json_t *inventory)
{
	return json_object_get(inventory, "objects");
}

/* Names of a set, in the order of the alphabet. */
static json_t *names_of(json_t *set)
{
	json_t *names = json_array(), *value;
	const char *name;
	size_t i;

	json_object_foreach(set, name, value) {
		for (i = 0; i < json_array_size(names); i++)
			if (strcmp(json_string_value(json_array_get(names, i)),
				   name) > 0)
				break;
		json_array_insert_new(names, i, json_string(name));
	}
	return names;
}

static json_t *joined(json_t *set)
{
	json_t *names = names_of(set), *name, *value = NULL;
	struct text text = { 0 };
	size_t i;

	json_array_foreach(names, i, name)
		text_add(&text, "%s%s", i ? "," : "", json_string_value(name));
	if (!text.lost)
		value = json_string(text.at ? text.at : "");
	text_free(&text);
	json_decref(names);
	json_decref(set);
	return value;
}

/*
 * Placement's name of the provider that an mdev type is under. Where libvirt
 * does not know the parent there is no such provider: the node's own then.
 */
static json_t *provider_of(const json_t *object, const char *node)
{
	const char *nodedev = get(object, "nodedev");

	if (nodedev[0])
		return json_pack("{s:o}", "name",
				 json_text("%s_%s", node, nodedev));
	return json_pack("{s:s}", "uuid", "$COMPUTE_NODE");
}

/* No provider may be there twice. */
static json_t *find_provider(json_t *providers, json_t *identification)
{
	json_t *provider;
	size_t i;

	json_array_foreach(providers, i, provider)
		if (json_equal(json_object_get(provider, "identification"),
			       identification))
			return provider;
	provider = json_pack("{s:O, s:{}}", "identification", identification,
			     "traits");
	json_array_append_new(providers, provider);
	return provider;
}

json_t *nova_providers(const json_t *inventory, const char *node)
{
	json_t *providers = json_array(), *object, *id, *provider, *set;
	size_t i;

	json_array_foreach((json_t *)objects_of(inventory), i, object) {
		if (!is_kind(object, "type"))
			continue;
		id = provider_of(object, node);
		provider = find_provider(providers, id);
		traits_accepted(json_object_get(provider, "traits"),
				get(object, "token"));
		json_decref(id);
	}
	json_array_foreach(providers, i, provider) {
		set = json_object_get(provider, "traits");
		json_object_set_new(provider, "traits",
				    json_pack("{s:o}", "additional",
					      names_of(set)));
	}
	return providers;
}

/* Nova wants ids without the "0x" of sysfs. */
static const char *id_of(const json_t *object, const char *key)
{
	const char *text = get(object, key);

	return strncmp(text, "0x", 2) ? text : text + 2;
}

static json_t *spec_of(const json_t *object)
{
	const char *token = get(object, "token");
	char class[TRAIT_MAX];
	json_t *set = json_object();

	traits_accepted(set, token);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
			 "vendor_id", id_of(object, "vendor"),
			 "product_id", id_of(object, "device"),
			 "address", get(object, "name"),
			 "live_migratable", "yes", "managed", "yes",
			 "resource_class", resource_class(class, token),
			 "traits", joined(set));
}

json_t *nova_device_specs(const json_t *inventory)
{
	json_t *specs = json_array(), *object;
	size_t i;

	json_array_foreach((json_t *)objects_of(inventory), i, object)
		if (is_kind(object, "pci"))
			json_array_append_new(specs, spec_of(object));
	return specs;
}

static const char *device_type(const json_t *object)
{
	if (*get(object, "physfn"))
		return "type-VF";
	return json_is_true(json_object_get(object, "sriov")) ? "type-PF" :
	       "type-PCI";
}

/* Its name is free; type and version are good to recognise. */
static json_t *alias_of(const json_t *object)
{
	const char *token = get(object, "token");
	char type[VFIOMIG_VALUE_MAX] = "", stream[VFIOMIG_VALUE_MAX] = "";
	char class[TRAIT_MAX];
	json_t *set = json_object();

	traits_required(set, token);
	vfiomig_token_get(token, "type", type);
	vfiomig_token_get(token, "stream", stream);
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o}",
			 "name", json_text("%s-v%s", type, stream),
			 "device_type", device_type(object),
			 "vendor_id", id_of(object, "vendor"),
			 "product_id", id_of(object, "device"),
			 "live_migratable", "yes",
			 "resource_class", resource_class(class, token),
			 "traits", joined(set));
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

json_t *nova_aliases(const json_t *inventory)
{
	json_t *aliases = json_array(), *object, *alias;
	size_t i;

	json_array_foreach((json_t *)objects_of(inventory), i, object) {
		if (!is_kind(object, "pci"))
			continue;
		alias = alias_of(object);
		if (!is_in(aliases, alias))
			json_array_append(aliases, alias);
		json_decref(alias);
	}
	return aliases;
}

/* Nova's configuration has addresses on PCI, and else libvirt's names. */
static const char *address_of(const json_t *object)
{
	const char *nodedev = get(object, "nodedev");

	return strncmp(nodedev, "pci_", 4) ? nodedev : get(object, "parent");
}

json_t *nova_mdev_types(const json_t *inventory)
{
	json_t *types = json_object(), *object, *type;
	char class[TRAIT_MAX];
	const char *name;
	size_t i;

	json_array_foreach((json_t *)objects_of(inventory), i, object) {
		if (!is_kind(object, "type"))
			continue;
		name = get(object, "name");
		if (!*address_of(object)) {
			note("%s: libvirt, and so Nova, does not know devices like %s",
			     name, get(object, "parent"));
			continue;
		}
		type = json_object_get(types, name);
		if (!type) {
			type = json_pack("{s:[], s:s}", "device_addresses",
					 "mdev_class",
					 resource_class(class,
							get(object, "token")));
			json_object_set_new(types, name, type);
		}
		json_array_append_new(json_object_get(type, "device_addresses"),
				      json_string(address_of(object)));
	}
	return types;
}
