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

static int dump_info(struct nl_sock *sk)
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
		    DEVLINK_CMD_INFO_GET, DEVLINK_GENL_VERSION);
	/* Releases the message, and takes the answers up to the last one. */
	return nl_send_sync(sk, msg);
}

static json_t *ask_kernel(void)
{
	struct nl_sock *sk = nl_socket_alloc();
	json_t *all = json_object();

	if (!sk)
		return all;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_info, all);
	dump_info(sk);
	nl_socket_free(sk);
	return all;
}

static json_t *read_recorded(void)
{
	char path[PATH_MAX];
	json_t *file, *info;

	file = json_load_file(root_path(path, "devlink.json"), 0, NULL);
	info = json_object_get(file, "info");
	json_incref(info);
	json_decref(file);
	return info ? info : json_object();
}

const json_t *devlink_all(void)
{
	static json_t *all;

	if (!all)
		all = host_is_live() ? ask_kernel() : read_recorded();
	return all;
}
