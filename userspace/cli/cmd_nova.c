// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig nova: files for OpenStack Nova. */
#include <ctype.h>
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

static void print_pci(const json_t *inventory, const struct nova_options *o)
{
	json_t *specs = nova_device_specs(inventory, o);

	if (json_array_size(specs)) {
		printf("[pci]\nreport_in_placement = True\n");
		print_lines("device_spec", specs);
		print_lines("alias", nova_aliases(inventory));
	} else {
		json_decref(specs);
	}
}

/* Names of types come from drivers; one that is odd would be another section. */
static bool is_name(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text) || strchr(",=[]#;", *text))
			return false;
	return true;
}

static void print_type(const char *name, const json_t *type)
{
	json_t *address;
	size_t i;

	printf("\n[mdev_%s]\ndevice_addresses = ", name);
	json_array_foreach(json_object_get(type, "device_addresses"), i, address)
		printf("%s%s", i ? "," : "",
		       plain(json_string_value(address)));
	printf("\nmdev_class = %s\n",
	       json_string_value(json_object_get(type, "mdev_class")));
}

static void print_types(json_t *types)
{
	const char *name, *comma = "";
	json_t *type;

	printf("\n[devices]\nenabled_mdev_types = ");
	json_object_foreach(types, name, type) {
		if (!is_name(name))
			continue;
		printf("%s%s", comma, name);
		comma = ", ";
	}
	putchar('\n');
	json_object_foreach(types, name, type) {
		if (is_name(name))
			print_type(name, type);
		else
			note("%s is no name for Nova, and is left out", name);
	}
}

static int print_conf(const json_t *inventory, const struct nova_options *o)
{
	json_t *types = nova_mdev_types(inventory, o);

	if (!types)
		return EXIT_FAILED;
	printf("# Made by vfio-mig nova conf. For nova.conf of this compute node; the\n"
	       "# other services need \"vfio-mig nova controller\" of all nodes.\n");
	print_pci(inventory, o);
	if (json_object_size(types))
		print_types(types);
	json_decref(types);
	return EXIT_YES;
}

static int print_controller(const json_t *inventory)
{
	printf("# Made by vfio-mig nova controller. For nova.conf of API, scheduler and\n"
	       "# conductors; the lines \"alias\" of all nodes, each once.\n[pci]\n");
	print_lines("alias", nova_aliases(inventory));
	printf("\n[filter_scheduler]\npci_in_placement = True\n");
	return EXIT_YES;
}

static int print_all(const json_t *inventory, const struct nova_options *o)
{
	json_t *types = nova_mdev_types(inventory, o);

	if (!types)
		return EXIT_FAILED;
	return print_json(json_pack("{s:o, s:o, s:o, s:o}", "providers",
				    nova_providers(inventory, o->node),
				    "device_spec",
				    nova_device_specs(inventory, o), "alias",
				    nova_aliases(inventory), "mdev_types",
				    types));
}

static int act(const char *what, struct nova_options *options, bool measure)
{
	json_t *inventory = inventory_take(measure);
	char name[256];
	int ret;

	if (!inventory)
		return EXIT_FAILED;
	if (!options->node)
		options->node = host_name(name);
	if (cli.json)
		ret = print_all(inventory, options);
	else if (!strcmp(what, "conf"))
		ret = print_conf(inventory, options);
	else if (!strcmp(what, "controller"))
		ret = print_controller(inventory);
	else
		ret = print_providers(inventory, options->node);
	json_decref(inventory);
	return ret;
}

static int run(int argc, char **argv)
{
	struct nova_options options = { 0 };
	const char *what = "provider";
	bool measure = false;
	const struct opt table[] = {
		{ .name = "--node", .text = &options.node },
		{ .name = "--type", .text = &options.type },
		{ .name = "--network", .text = &options.network },
		{ .name = "--measure", .flag = &measure },
		{ NULL }
	};

	if (!opts_take(&argc, argv, table) || argc > 2)
		return usage(&cmd_nova);
	if (argc == 2)
		what = argv[1];
	if (strcmp(what, "provider") && strcmp(what, "conf") &&
	    strcmp(what, "controller"))
		return usage(&cmd_nova);
	return act(what, &options, measure);
}

const struct command cmd_nova = {
	.name = "nova",
	.usage = "[provider|conf|controller] [OPTIONS]\n"
		 "  --node NAME             the host's name in Nova, if it is another one\n"
		 "  --type [PARENT=]TYPE    mdev type that Nova is to use of a parent; commas\n"
		 "                          separate several\n"
		 "  --network [PF=]NAME     physical network of network functions; the same\n"
		 "  --measure               open devices, which resets them, and ask whether\n"
		 "                          they migrate",
	.help = "writes provider.yaml, or lines of nova.conf, for this host",
	.run = run,
};
