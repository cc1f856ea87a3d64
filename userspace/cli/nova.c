// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mdev types of an inventory in the terms of Nova: custom traits of providers, and
 * the types that it is to use.
 *
 * Traits of PCI devices are in their device specifications. Nova refuses to
 * start when a file of providers has the same ones again, so those of mdev
 * types alone are there.
 */
#include <stdio.h>
#include <string.h>
#include "nova.h"

const char *nova_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool nova_is_kind(const json_t *object, const char *kind)
{
	return !strcmp(nova_text(object, "kind"), kind) &&
	       !vfiomig_token_valid(nova_text(object, "token"), NULL);
}

const json_t *nova_objects(const json_t *inventory)
{
	return json_object_get(inventory, "objects");
}

/* What VFs of a vendor could become is no type of mdevs. */
static bool is_mdev_type(const json_t *object)
{
	return nova_is_kind(object, "type") && !*nova_text(object, "framework");
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

json_t *nova_joined(json_t *set)
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
	const char *nodedev = nova_text(object, "nodedev");

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

	json_array_foreach((json_t *)nova_objects(inventory), i, object) {
		if (!is_mdev_type(object))
			continue;
		id = provider_of(object, node);
		provider = find_provider(providers, id);
		traits_accepted(json_object_get(provider, "traits"),
				nova_text(object, "token"));
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

/* Nova's configuration has addresses on PCI, and else libvirt's names. */
static const char *address_of(const json_t *object)
{
	const char *nodedev = nova_text(object, "nodedev");

	return strncmp(nodedev, "pci_", 4) ? nodedev :
	       nova_text(object, "parent");
}

/* "TYPE" or "PARENT=TYPE", separated by commas: is this one of them? */
static bool is_wanted(const char *list, const json_t *object)
{
	const char *parent = nova_text(object, "parent");
	const char *name = nova_text(object, "name"), *equals;
	size_t len, n;

	for (; list && *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		equals = memchr(list, '=', len);
		n = equals ? (size_t)(equals - list) + 1 : 0;
		if (n && (strlen(parent) != n - 1 || strncmp(parent, list, n - 1)))
			continue;
		if (strlen(name) == len - n && !strncmp(name, list + n, len - n))
			return true;
	}
	return false;
}

/* An mdev of that type is there: then the parent can hold no other for Nova. */
static bool is_in_use(const json_t *inventory, const json_t *type)
{
	json_t *object;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object)
		if (!strcmp(nova_text(object, "kind"), "mdev") &&
		    !strcmp(nova_text(object, "parent"), nova_text(type, "parent")) &&
		    !strcmp(nova_text(object, "type"), nova_text(type, "name")))
			return true;
	return false;
}

/* How much a type is to be preferred on its parent. */
static int rank(const json_t *inventory, const json_t *type, const char *wanted)
{
	if (is_wanted(wanted, type))
		return 2;
	return is_in_use(inventory, type);
}

/* Nova takes one type for each parent. { PARENT: object } */
static json_t *choose_types(const json_t *inventory, const char *wanted)
{
	json_t *chosen = json_object(), *told = json_object(), *object, *other;
	const char *parent;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object) {
		if (!is_mdev_type(object))
			continue;
		parent = nova_text(object, "parent");
		if (!*address_of(object)) {
			note("%s: libvirt, and so Nova, does not know devices like %s",
			     nova_text(object, "name"), parent);
			continue;
		}
		other = json_object_get(chosen, parent);
		if (other && !wanted && !json_object_get(told, parent)) {
			note("%s has several types, and Nova takes one: choose with --type %s=TYPE",
			     parent, parent);
			json_object_set_new(told, parent, json_true());
		}
		if (!other || rank(inventory, object, wanted) >
			      rank(inventory, other, wanted))
			json_object_set(chosen, parent, object);
	}
	json_decref(told);
	return chosen;
}

static void add_address(json_t *types, const json_t *object)
{
	const char *name = nova_text(object, "name");
	json_t *type = json_object_get(types, name);
	char class[TRAIT_MAX];

	if (!type) {
		type = json_pack("{s:[], s:s}", "device_addresses", "mdev_class",
				 resource_class(class,
						nova_text(object, "token")));
		json_object_set_new(types, name, type);
	}
	json_array_append_new(json_object_get(type, "device_addresses"),
			      json_string(address_of(object)));
}

/* A name that no parent has is misspelt. */
static bool is_offered(const json_t *inventory, const char *wanted)
{
	json_t *object;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object)
		if (is_mdev_type(object) && is_wanted(wanted, object))
			return true;
	return false;
}

json_t *nova_mdev_types(const json_t *inventory,
			const struct nova_options *options)
{
	json_t *types = json_object(), *chosen, *object;
	const char *parent;

	if (options->type && !is_offered(inventory, options->type)) {
		fail("there is no mdev type %s", options->type);
		json_decref(types);
		return NULL;
	}
	chosen = choose_types(inventory, options->type);
	json_object_foreach(chosen, parent, object)
		add_address(types, object);
	json_decref(chosen);
	return types;
}
