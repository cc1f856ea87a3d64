// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig export: this host's devices in the words of those who schedule. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "commands.h"
#include "inventory.h"
#include "nova.h"
#include "opts.h"

/* A label of Kubernetes: at most this long, and only such characters. */
#define LABEL_MAX 63

static const char *label(char buf[LABEL_MAX + 1], const char *text)
{
	size_t n = 0;

	for (; *text && n < LABEL_MAX; text++)
		buf[n++] = isalnum((unsigned char)*text) || strchr("-_.", *text) ?
			   *text : '_';
	/* Its first and last character are letters or digits. */
	while (n && !isalnum((unsigned char)buf[n - 1]))
		n--;
	buf[n] = '\0';
	return isalnum((unsigned char)buf[0]) ? buf : "x";
}

static const char *after_0x(const char *text)
{
	return strncmp(text, "0x", 2) ? text : text + 2;
}

static bool is_device(const json_t *object)
{
	return nova_is_kind(object, "pci") || nova_is_kind(object, "mdev");
}

static bool is_fit(const json_t *object)
{
	return !json_is_false(json_object_get(object, "migrates"));
}

static void type_of(const json_t *object, char type[VFIOMIG_VALUE_MAX])
{
	type[0] = '\0';
	vfiomig_token_get(nova_text(object, "token"), "type", type,
			  VFIOMIG_VALUE_MAX);
}

/* An XML attribute: names here come from sysfs. */
static void print_xml(const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&'\"", *text) || !isprint((unsigned char)*text))
			printf("&#%d;", (unsigned char)*text);
		else
			putchar(*text);
	}
}

static void print_pci(const json_t *object)
{
	const char *managed = nova_managed(object);
	unsigned int domain, bus, slot, function;

	if (sscanf(nova_text(object, "name"), "%x:%x:%x.%x", &domain, &bus,
		   &slot, &function) != 4)
		return;
	printf("<hostdev mode='subsystem' type='pci' managed='%s'>\n"
	       "  <driver name='vfio'", managed);
	/* Where libvirt would take another driver, or none, it is told which. */
	if (!strcmp(managed, "no") && strcmp(nova_text(object, "framework"), "nvidia")) {
		printf(" model='");
		print_xml(nova_text(object, "driver"));
		printf("'");
	}
	printf("/>\n  <source>\n"
	       "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n"
	       "  </source>\n</hostdev>\n", domain, bus, slot, function);
}

static void print_mdev(const json_t *object)
{
	printf("<hostdev mode='subsystem' type='mdev' model='vfio-pci'>\n"
	       "  <source>\n    <address uuid='");
	print_xml(nova_text(object, "name"));
	printf("'/>\n  </source>\n</hostdev>\n");
}

static int to_libvirt(const json_t *inventory)
{
	json_t *object;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object) {
		if (!is_device(object) || !is_fit(object))
			continue;
		if (nova_is_kind(object, "pci"))
			print_pci(object);
		else
			print_mdev(object);
	}
	return EXIT_YES;
}

/* Each selector once: KubeVirt knows kinds of devices, not devices. */
static void add_selector(json_t *selectors, const char *key, const json_t *object)
{
	char type[VFIOMIG_VALUE_MAX], name[LABEL_MAX + 1];

	type_of(object, type);
	if (!json_object_get(selectors, key))
		json_object_set_new(selectors, key,
				    json_text("vfio-mig.io/%s", label(name, type)));
}

static json_t *selectors_of(const json_t *inventory, const char *kind)
{
	json_t *selectors = json_object(), *object;
	const char *name;
	char key[128];
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object) {
		if (!nova_is_kind(object, kind) || !is_fit(object) ||
		    (!strcmp(kind, "type") && *nova_text(object, "framework")))
			continue;
		name = *nova_text(object, "label") ? nova_text(object, "label") :
		       nova_text(object, "name");
		if (!strcmp(kind, "pci"))
			text_cut(key, "%.4s:%.4s", after_0x(nova_text(object, "vendor")),
				 after_0x(nova_text(object, "device")));
		else
			text_cut(key, "%s", name);
		add_selector(selectors, key, object);
	}
	return selectors;
}

static void print_selectors(const char *list, const char *what, json_t *selectors)
{
	const char *key, *p;
	json_t *resource;

	if (json_object_size(selectors))
		printf("      %s:\n", list);
	json_object_foreach(selectors, key, resource) {
		printf("      - %s: \"", what);
		/* Ids are in capital letters; all else is plain in quotes. */
		for (p = plain(key); *p; p++)
			putchar(strchr("\"\\", *p) ? '_' : !strcmp(what, "pciVendorSelector") ?
				toupper((unsigned char)*p) : *p);
		printf("\"\n        resourceName: \"%s\"\n", json_string_value(resource));
	}
	json_decref(selectors);
}

static int to_kubevirt(const json_t *inventory)
{
	json_t *pci = selectors_of(inventory, "pci");
	json_t *types = selectors_of(inventory, "type");

	printf("# Made by vfio-mig export kubevirt. For the resource KubeVirt.\n"
	       "spec:\n  configuration:\n    permittedHostDevices:%s\n",
	       json_object_size(pci) || json_object_size(types) ? "" : " {}");
	print_selectors("pciHostDevices", "pciVendorSelector", pci);
	print_selectors("mediatedDevices", "mdevNameSelector", types);
	return EXIT_YES;
}

/* NAME=VALUE; the same name is one label. */
static void add_label(json_t *labels, const char *name, const char *value)
{
	char key[LABEL_MAX + 1], text[LABEL_MAX + 1];

	json_object_set_new(labels, label(key, name), json_string(label(text, value)));
}

static void add_labels(json_t *labels, const json_t *object)
{
	char type[VFIOMIG_VALUE_MAX], name[2 * VFIOMIG_VALUE_MAX];
	const char *token = nova_text(object, "token"), *key;
	struct vfiomig_word word;

	type_of(object, type);
	add_label(labels, type, "true");
	while (vfiomig_token_next(&token, &word)) {
		if (vfiomig_key_since(word.key, "eq", &key) >= 0)
			text_cut(name, "%.30s.%.30s", type, key);
		else if (!strcmp(word.key, "accepts"))
			text_cut(name, "%.30s.accepts", type);
		else
			continue;
		add_label(labels, name, word.value);
	}
}

static int to_labels(const json_t *inventory)
{
	json_t *labels = json_object(), *object, *value;
	const char *name;
	size_t i;

	json_array_foreach((json_t *)nova_objects(inventory), i, object)
		if ((is_device(object) || nova_is_kind(object, "type")) &&
		    is_fit(object))
			add_labels(labels, object);
	printf("# Made by vfio-mig export labels, for features.d of node-feature-discovery.\n");
	json_object_foreach(labels, name, value)
		printf("vfio-mig.io/%s=%s\n", name, json_string_value(value));
	json_decref(labels);
	return EXIT_YES;
}

static const struct {
	const char *name;
	int (*write)(const json_t *inventory);
} formats[] = {
	{ "libvirt", to_libvirt },
	{ "kubevirt", to_kubevirt },
	{ "labels", to_labels },
	{ NULL },
};

static int run(int argc, char **argv)
{
	bool measure = false;
	json_t *inventory;
	const struct opt table[] = {
		{ .name = "--measure", .flag = &measure },
		{ NULL }
	};
	size_t i = 0;
	int ret;

	if (!opts_take(&argc, argv, table) || argc != 2)
		return usage(&cmd_export);
	while (formats[i].name && strcmp(formats[i].name, argv[1]))
		i++;
	if (!formats[i].name)
		return usage(&cmd_export);
	if (cli.json)
		return fail("a file for other programs has its own format, and is no JSON");
	inventory = inventory_take(measure);
	if (!inventory)
		return EXIT_FAILED;
	ret = formats[i].write(inventory);
	json_decref(inventory);
	return ret;
}

const struct command cmd_export = {
	.name = "export",
	.usage = "libvirt|kubevirt|labels [--measure]\n"
		 "  libvirt    <hostdev> of each device that migrates\n"
		 "  kubevirt   permittedHostDevices\n"
		 "  labels     of the node, in node-feature-discovery's file format\n"
		 "  --measure  open devices, which resets them, and ask whether they migrate",
	.help = "writes this host's devices for libvirt, KubeVirt or node labels",
	.run = run,
};
