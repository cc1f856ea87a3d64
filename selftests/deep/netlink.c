// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/vfio_mig_netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include "netlink.h"

/* What one request led to; libnl's own errors are other than errnos. */
struct outcome {
	int objects;
	int error;
	int over;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	((struct outcome *)arg)->objects++;
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct outcome *o = arg;

	/* The end of a dump carries its error. */
	if (head->nlmsg_type == NLMSG_DONE &&
	    nlmsg_datalen(head) >= (int)sizeof(int))
		o->error = *(int *)nlmsg_data(head);
	o->over = 1;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct outcome *o = arg;

	o->error = error->error;
	o->over = 1;
	return NL_STOP;
}

struct nl_sock *netlink_open(void)
{
	struct nl_sock *sk = nl_socket_alloc();

	if (sk && !genl_connect(sk) &&
	    genl_ctrl_resolve(sk, VFIO_MIG_GENL_NAME) >= 0)
		return sk;
	nl_socket_free(sk);
	return NULL;
}

void netlink_close(struct nl_sock *sk)
{
	nl_socket_free(sk);
}

static int receive(struct nl_sock *sk, struct outcome *o)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret = 0;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, o);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, o);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, o);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, o);
	while (!o->over && ret >= 0)
		ret = nl_recvmsgs(sk, cb);
	nl_cb_put(cb);
	return o->over ? o->error : -EIO;
}

static int ask(struct nl_sock *sk, struct nl_msg *msg, struct outcome *o)
{
	int ret = msg ? nl_send_auto(sk, msg) : -1;

	nlmsg_free(msg);
	return ret < 0 ? -ENOBUFS : receive(sk, o);
}

static struct nl_msg *request(struct nl_sock *sk, int cmd, int flags)
{
	int family = genl_ctrl_resolve(sk, VFIO_MIG_GENL_NAME);
	struct nl_msg *msg = family < 0 ? NULL : nlmsg_alloc();

	if (msg)
		genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags,
			    cmd, VFIO_MIG_GENL_VERSION);
	return msg;
}

int netlink_dump(struct nl_sock *sk)
{
	struct outcome o = { 0 };
	int ret = ask(sk, request(sk, VFIO_MIG_CMD_OBJECT_GET, NLM_F_DUMP), &o);

	return ret ? ret : o.objects;
}

int netlink_check(struct nl_sock *sk, const char *name, const char *token)
{
	struct nl_msg *msg = request(sk, VFIO_MIG_CMD_CHECK, NLM_F_ACK);
	struct outcome o = { 0 };

	if (msg) {
		nla_put_string(msg, VFIO_MIG_A_NAME, name);
		nla_put_string(msg, VFIO_MIG_A_TOKEN, token);
	}
	return ask(sk, msg, &o);
}

int netlink_counters(struct nl_sock *sk, const char *name)
{
	struct nl_msg *msg = request(sk, VFIO_MIG_CMD_COUNTERS_GET, NLM_F_ACK);
	struct outcome o = { 0 };

	if (msg)
		nla_put_string(msg, VFIO_MIG_A_NAME, name);
	return ask(sk, msg, &o);
}
