// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig nova: files for OpenStack Nova. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "facts.h"
#include "inventory.h"
#include "nova.h"
#include "opts.h"

/* A string of JSON is one of YAML, too. */
static void print_quoted(const char *before, const json_t *text)
{
	char *quoted = json_dumps(text, JSON_ENCODE_ANY);

	printf("%s%s\n", before, quoted ? quoted : "\"\"");
	free(quoted);
}

static void print_provider(const json_t *provider)
{
	const json_t *id = json_object_get(provider, "identification");
	const json_t *traits = json_object_get(provider, "traits");
	json_t *trait;
	size_t i;

	printf("  - identification:\n");
	if (json_object_get(id, "name"))
		print_quoted("      name: ", json_object_get(id, "name"));
	else
		print_quoted("      uuid: ", json_object_get(id, "uuid"));
	printf("    traits:\n      additional:\n");
	json_array_foreach(json_object_get(traits, "additional"), i, trait)
		printf("        - %s\n", json_string_value(trait));
}

static int print_providers(const json_t *inventory, const char *node)
{
	json_t *providers = nova_providers(inventory, node), *provider;
	size_t i;

	printf("# Made by vfio-mig nova. For [compute]provider_config_location of\n"
	       "# nova.conf; nova-compute reads it when it starts.\n"
	       "meta:\n  schema_version: '1.0'\n");
	printf(json_array_size(providers) ? "providers:\n" : "providers: []\n");
	json_array_foreach(providers, i, provider)
		print_provider(provider);
	json_decref(providers);
	return EXIT_YES;
}

static void print_lines(const char *key, json_t *values)
{
	json_t *value;
	char *text;
	size_t i;

	json_array_foreach(values, i, value) {
		text = json_dumps(value, 0);
		printf("%s = %s\n", key, text ? text : "");
		free(text);
	}
	json_decref(values);
}

static void print_pci(const json_t *inventory)
{
	printf("[pci]\nreport_in_placement = True\n");
	print_lines("device_spec", nova_device_specs(inventory));
	print_lines("alias", nova_aliases(inventory));
	printf("\n[filter_scheduler]\npci_in_placement = True\n");
}

static void print_type(const char *name, const json_t *type)
{
	json_t *address;
	size_t i;

	printf("\n[mdev_%s]\ndevice_addresses = ", name);
	json_array_foreach(json_object_get(type, "device_addresses"), i, address)
		printf("%s%s", i ? "," : "", json_string_value(address));
	printf("\nmdev_class = %s\n",
	       json_string_value(json_object_get(type, "mdev_class")));
}

static void print_types(json_t *types)
{
	const char *name, *comma = "";
	json_t *type;

	printf("\n[devices]\nenabled_mdev_types = ");
	json_object_foreach(types, name, type) {
		printf("%s%s", comma, name);
		comma = ", ";
	}
	putchar('\n');
	json_object_foreach(types, name, type)
		print_type(name, type);
}

static int print_conf(const json_t *inventory)
{
	json_t *types = nova_mdev_types(inventory);

	printf("# Made by vfio-mig nova. For nova.conf of this compute node; the\n"
	       "# lines \"alias\" also for that of the API.\n");
	print_pci(inventory);
	if (json_object_size(types))
		print_types(types);
	json_decref(types);
	return EXIT_YES;
}

static int print_all(const json_t *inventory, const char *node)
{
	return print_json(json_pack("{s:o, s:o, s:o, s:o}", "providers",
				    nova_providers(inventory, node),
				    "device_spec", nova_device_specs(inventory),
				    "alias", nova_aliases(inventory),
				    "mdev_types", nova_mdev_types(inventory)));
}

static int act(const char *what, const char *node)
{
	json_t *inventory = inventory_take();
	char name[256];
	int ret;

	if (!inventory)
		return EXIT_FAILED;
	if (!node)
		node = host_name(name);
	if (cli.json)
		ret = print_all(inventory, node);
	else if (!strcmp(what, "conf"))
		ret = print_conf(inventory);
	else
		ret = print_providers(inventory, node);
	json_decref(inventory);
	return ret;
}

static int run(int argc, char **argv)
{
	const char *what = "provider", *node = NULL;
	const struct opt table[] = {
		{ .name = "--node", .text = &node },
		{ NULL }
	};

	if (!opts_take(&argc, argv, table) || argc > 2)
		return usage(&cmd_nova);
	if (argc == 2)
		what = argv[1];
	if (strcmp(what, "provider") && strcmp(what, "conf"))
		return usage(&cmd_nova);
	return act(what, node);
}

const struct command cmd_nova = {
	.name = "nova",
	.usage = "[provider|conf] [--node NAME]\n"
		 "  --node  the host's name in Nova, if it is another one",
	.help = "writes provider.yaml, or lines of nova.conf, for this host",
	.run = run,
};
