// SPDX-License-Identifier: LGPL-2.1-or-later
/* What devices say of themselves by devlink, in the words of devlink(8). */
#include <errno.h>
#include <linux/devlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include "facts.h"

static json_t *text_of(const struct nlattr *a)
{
	char text[256];

	if (!a)
		return NULL;
	nla_strlcpy(text, a, sizeof(text));
	return json_string(text);
}

static json_t *object_in(json_t *parent, const char *key)
{
	json_t *value = json_object_get(parent, key);

	if (!value) {
		value = json_object();
		json_object_set_new(parent, key, value);
	}
	return value;
}

static void add_version(json_t *versions, struct nlattr *nest)
{
	struct nlattr *a[DEVLINK_ATTR_MAX + 1];
	const char *kind;
	char name[128];

	switch (nla_type(nest)) {
	case DEVLINK_ATTR_INFO_VERSION_FIXED:
		kind = "fixed";
		break;
	case DEVLINK_ATTR_INFO_VERSION_RUNNING:
		kind = "running";
		break;
	case DEVLINK_ATTR_INFO_VERSION_STORED:
		kind = "stored";
		break;
	default:
		return;
	}
	if (nla_parse_nested(a, DEVLINK_ATTR_MAX, nest, NULL) ||
	    !a[DEVLINK_ATTR_INFO_VERSION_NAME] ||
	    !a[DEVLINK_ATTR_INFO_VERSION_VALUE])
		return;
	nla_strlcpy(name, a[DEVLINK_ATTR_INFO_VERSION_NAME], sizeof(name));
	json_object_set_new(object_in(versions, kind), name,
			    text_of(a[DEVLINK_ATTR_INFO_VERSION_VALUE]));
}

static void set_text(json_t *info, const char *key, const struct nlattr *a)
{
	if (a)
		json_object_set_new(info, key, text_of(a));
}

static int take_info(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[DEVLINK_ATTR_MAX + 1], *nest;
	struct nlmsghdr *head = nlmsg_hdr(msg);
	char bus[64], name[128], handle[200];
	json_t *info;
	int left;

	if (!genlmsg_valid_hdr(head, 0) ||
	    genlmsg_parse(head, 0, a, DEVLINK_ATTR_MAX, NULL) ||
	    !a[DEVLINK_ATTR_BUS_NAME] || !a[DEVLINK_ATTR_DEV_NAME])
		return NL_SKIP;
	nla_strlcpy(bus, a[DEVLINK_ATTR_BUS_NAME], sizeof(bus));
	nla_strlcpy(name, a[DEVLINK_ATTR_DEV_NAME], sizeof(name));
	if (!text_set(handle, "%s/%s", bus, name))
		return NL_SKIP;
	info = object_in(arg, handle);
	set_text(info, "driver", a[DEVLINK_ATTR_INFO_DRIVER_NAME]);
	set_text(info, "serial_number", a[DEVLINK_ATTR_INFO_SERIAL_NUMBER]);
	nlmsg_for_each_attr(nest, head, GENL_HDRLEN, left)
		add_version(object_in(info, "versions"), nest);
	return NL_OK;
}

/* linux/devlink.h of an older kernel is enough. */
#define PORT_FN_ATTR_CAPS	4
#define PORT_FN_CAP_MIGRATABLE	0x2u

static void set_number(json_t *port, const char *key, struct nlattr *a)
{
	if (a)
		json_object_set_new(port, key, json_integer(nla_get_u16(a)));
}

static void set_function(json_t *port, struct nlattr *nest)
{
	struct nlattr *a[PORT_FN_ATTR_CAPS + 1];
	struct nla_bitfield32 caps;

	if (!nest || nla_parse_nested(a, PORT_FN_ATTR_CAPS, nest, NULL) ||
	    !a[PORT_FN_ATTR_CAPS] ||
	    nla_len(a[PORT_FN_ATTR_CAPS]) < (int)sizeof(caps))
		return;
	memcpy(&caps, nla_data(a[PORT_FN_ATTR_CAPS]), sizeof(caps));
	if (caps.selector & PORT_FN_CAP_MIGRATABLE)
		json_object_set_new(port, "function",
				    json_pack("{s:s}", "migratable",
					      caps.value & PORT_FN_CAP_MIGRATABLE ?
					      "enable" : "disable"));
}

static int take_port(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[DEVLINK_ATTR_MAX + 1];
	struct nlmsghdr *head = nlmsg_hdr(msg);
	char bus[64], name[128], handle[200];
	json_t *port;

	if (!genlmsg_valid_hdr(head, 0) ||
	    genlmsg_parse(head, 0, a, DEVLINK_ATTR_MAX, NULL) ||
	    !a[DEVLINK_ATTR_BUS_NAME] || !a[DEVLINK_ATTR_DEV_NAME] ||
	    !a[DEVLINK_ATTR_PORT_INDEX] || !a[DEVLINK_ATTR_PORT_PCI_VF_NUMBER])
		return NL_SKIP;
	nla_strlcpy(bus, a[DEVLINK_ATTR_BUS_NAME], sizeof(bus));
	nla_strlcpy(name, a[DEVLINK_ATTR_DEV_NAME], sizeof(name));
	if (!text_set(handle, "%s/%s/%u", bus, name,
		      nla_get_u32(a[DEVLINK_ATTR_PORT_INDEX])))
		return NL_SKIP;
	port = object_in(arg, handle);
	json_object_set_new(port, "flavour", json_string("pcivf"));
	set_number(port, "pfnum", a[DEVLINK_ATTR_PORT_PCI_PF_NUMBER]);
	set_number(port, "vfnum", a[DEVLINK_ATTR_PORT_PCI_VF_NUMBER]);
	set_function(port, a[DEVLINK_ATTR_PORT_FUNCTION]);
	return NL_OK;
}

static int dump(struct nl_sock *sk, int command)
{
	int family, ret;
	struct nl_msg *msg;

	ret = genl_connect(sk);
	if (ret)
		return ret;
	family = genl_ctrl_resolve(sk, DEVLINK_GENL_NAME);
	if (family < 0)
		return family;
	msg = nlmsg_alloc();
	if (!msg)
		return -NLE_NOMEM;
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_DUMP,
		    command, DEVLINK_GENL_VERSION);
	/* Releases the message, and takes the answers up to the last one. */
	return nl_send_sync(sk, msg);
}

static json_t *ask_kernel(int command,
			  int (*take)(struct nl_msg *msg, void *arg))
{
	struct nl_sock *sk = nl_socket_alloc();
	json_t *all = json_object();

	if (!sk)
		return all;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take, all);
	dump(sk, command);
	nl_socket_free(sk);
	return all;
}

static json_t *read_recorded(const char *key)
{
	char path[PATH_MAX];
	json_t *file, *part;

	file = json_load_file(root_path(path, "devlink.json"), 0, NULL);
	part = json_object_get(file, key);
	json_incref(part);
	json_decref(file);
	return part ? part : json_object();
}

const json_t *devlink_all(void)
{
	static json_t *all;

	if (!all)
		all = host_is_live() ? ask_kernel(DEVLINK_CMD_INFO_GET, take_info) :
				       read_recorded("info");
	return all;
}

const json_t *devlink_ports(void)
{
	static json_t *ports;

	if (!ports)
		ports = host_is_live() ?
			ask_kernel(DEVLINK_CMD_PORT_GET, take_port) :
			read_recorded("port");
	return ports;
}

struct counting {
	const struct object *wanted;
	char owner[128];
	int before;
};

static int count_before(void *arg, const struct object *o)
{
	struct counting *c = arg;
	char owner[128];

	if (!strcmp(o->name, c->wanted->name))
		return 1;
	link_name(o->dir, "physfn", owner, sizeof(owner));
	c->before += !strcmp(owner, c->owner);
	return 0;
}

/* Addresses grow with numbers; for a tree without the PF's links. */
static int number_by_address(const struct object *o)
{
	struct counting c = { .wanted = o };

	if (!*link_name(o->dir, "physfn", c.owner, sizeof(c.owner)))
		return -1;
	return host_each_pci(count_before, &c) == 1 ? c.before : -1;
}

/* Number of a virtual function, as its PF counts them; -1 when it has none. */
static int vf_number(const struct object *o)
{
	char link[32], name[128], dir[PATH_MAX];
	int i;

	if (!text_set(dir, "%s/physfn", o->dir))
		return -1;
	for (i = 0; i < 4096; i++) {
		text_set(link, "virtfn%d", i);
		if (!*link_name(dir, link, name, sizeof(name)))
			break;
		if (!strcmp(name, o->name))
			return i;
	}
	return i ? -1 : number_by_address(o);
}

static bool is_port_of(const char *handle, const json_t *port, const char *owner,
		       int number)
{
	size_t n = strlen(owner);

	return !strncmp(handle, "pci/", 4) && !strncmp(handle + 4, owner, n) &&
	       handle[4 + n] == '/' &&
	       json_is_integer(json_object_get(port, "vfnum")) &&
	       json_integer_value(json_object_get(port, "vfnum")) == number;
}

const char *devlink_migratable(const struct object *o)
{
	int number = o->kind == OBJECT_PCI ? vf_number(o) : -1;
	const char *handle;
	char owner[128];
	json_t *port, *function;

	if (number < 0 || !*link_name(o->dir, "physfn", owner, sizeof(owner)))
		return NULL;
	json_object_foreach((json_t *)devlink_ports(), handle, port) {
		if (!is_port_of(handle, port, owner, number))
			continue;
		function = json_object_get(port, "function");
		return json_string_value(json_object_get(function, "migratable"));
	}
	return NULL;
}
