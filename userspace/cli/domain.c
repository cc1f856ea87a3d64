// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads a domain of libvirt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "domain.h"
#include "input.h"

#define DOMAIN_MAX (16u << 20)

#ifdef HAVE_LIBXML2
#include <libxml/parser.h>
#include <libxml/tree.h>

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       !strcmp((const char *)node->name, name);
}

static xmlNode *child(const xmlNode *node, const char *name)
{
	xmlNode *at = node ? node->children : NULL;

	while (at && !is_element(at, name))
		at = at->next;
	return at;
}

/* An attribute; "" when it is not there. To be freed by xmlFree(). */
static char *attribute(xmlNode *node, const char *name)
{
	xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;

	return (char *)(value ? value : xmlStrdup((const xmlChar *)""));
}

static bool attribute_is(xmlNode *node, const char *name, const char *wanted)
{
	char *value = attribute(node, name);
	bool is = value && !strcmp(value, wanted);

	xmlFree(value);
	return is;
}

/* Numbers are "0x41" or "65"; without a domain it is 0. */
static unsigned long number(xmlNode *node, const char *name)
{
	char *value = attribute(node, name);
	unsigned long n = value ? strtoul(value, NULL, 0) : 0;

	xmlFree(value);
	return n;
}

static json_t *pci_name(xmlNode *address)
{
	return json_text("%04lx:%02lx:%02lx.%lx", number(address, "domain"),
			 number(address, "bus"), number(address, "slot"),
			 number(address, "function"));
}

static void add_hostdev(json_t *domain, xmlNode *hostdev, const char *type)
{
	xmlNode *address = child(child(hostdev, "source"), "address");
	json_t *name = NULL, *devices = json_object_get(domain, "devices");
	char *uuid;

	if (!strcmp(type, "pci") && address) {
		name = pci_name(address);
	} else if (!strcmp(type, "mdev") && address) {
		uuid = attribute(address, "uuid");
		name = json_string(uuid);
		xmlFree(uuid);
	}
	if (!name) {
		json_array_append_new(json_object_get(domain, "other_hostdevs"),
				      json_string(type));
		return;
	}
	json_array_append_new(devices,
			      json_pack("{s:s, s:o, s:b}", "kind", type, "name",
					name, "managed",
					attribute_is(hostdev, "managed", "yes")));
}

/* QEMU's own options, by each of libvirt's ways to give them. */
static bool sets_migration(xmlNode *node)
{
	bool is = false;
	char *value;

	for (; node && !is; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		value = attribute(node, "value");
		if (is_element(node, "property"))
			is = attribute_is(node, "name", "enable-migration") &&
			     (!strcmp(value, "on") || !strcmp(value, "true"));
		else if (is_element(node, "arg"))
			is = strstr(value, "enable-migration=on") ||
			     strstr(value, "property=enable-migration,value=on") ||
			     strstr(value, "vfio-pci.enable-migration=on") ||
			     strstr(value, "\"enable-migration\":\"on\"");
		xmlFree(value);
		is = is || sets_migration(node->children);
	}
	return is;
}

static void read_device(json_t *domain, xmlNode *node)
{
	json_t *disks = json_object_get(domain, "disks");
	char *text;

	if (is_element(node, "hostdev")) {
		text = attribute(node, "type");
		add_hostdev(domain, node, text);
		xmlFree(text);
	} else if (is_element(node, "interface") &&
		   attribute_is(node, "type", "hostdev")) {
		add_hostdev(domain, node, "pci");
	} else if (is_element(node, "iommu")) {
		text = attribute(node, "model");
		json_object_set_new(domain, "viommu", json_string(text));
		xmlFree(text);
	} else if (is_element(node, "disk")) {
		json_integer_set(disks, json_integer_value(disks) + 1);
	}
}

static json_t *read_domain(xmlNode *root)
{
	xmlNode *name = child(root, "name"), *device = child(root, "devices");
	xmlChar *text = name ? xmlNodeGetContent(name) : NULL;
	json_t *domain = json_pack("{s:s, s:[], s:[], s:n, s:b, s:i}", "name",
				   text ? (char *)text : "?", "devices",
				   "other_hostdevs", "viommu", "enable_migration",
				   sets_migration(root->children), "disks", 0);

	xmlFree(text);
	for (device = device ? device->children : NULL; device && domain;
	     device = device->next)
		read_device(domain, device);
	return domain;
}

static json_t *parse(const char *path, const struct input *in)
{
	xmlDoc *doc = xmlReadMemory(in->bytes, in->len, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR |
				    XML_PARSE_NOWARNING);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	json_t *domain = NULL;

	/* What "virsh dumpxml" of a guest that was saved prints is one deeper. */
	if (root && is_element(root, "domstatus"))
		root = child(root, "domain");
	if (root && is_element(root, "domain"))
		domain = read_domain(root);
	else
		fail("%s: it is no XML of a domain", path);
	xmlFreeDoc(doc);
	return domain;
}
#else
static json_t *parse(const char *path, const struct input *in)
{
	fail("%s: this vfio-mig was built without libxml2", path);
	return NULL;
}
#endif

json_t *domain_load(const char *path)
{
	struct input in;
	json_t *domain = NULL;
	int ret = input_read(&in, path, DOMAIN_MAX, false);

	if (ret) {
		fail("%s: %s", path, input_why(ret));
		return NULL;
	}
	if (in.len > DOMAIN_MAX)
		fail("%s: %s", path, input_why(-EFBIG));
	else
		domain = parse(path, &in);
	free(in.bytes);
	return domain;
}
