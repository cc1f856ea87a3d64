// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Generic netlink family vfio_mig, by libnl: events, and questions about devices that
 * another process has open. Nothing else in the library needs libnl.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio_mig_netlink.h>
#include "internal.h"

/* One datagram has one event; more are kept until they are asked for. */
#define QUEUE_MAX	16

struct vfiomig_events {
	struct nl_sock *sk;
	int family;
	unsigned int head;
	unsigned int tail;
	struct vfiomig_event queue[QUEUE_MAX];
};

static int error_of(int nl_error)
{
	switch (-nl_error) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_INTR:
		return -EINTR;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_OBJ_NOTFOUND:
	case NLE_OPNOTSUPP:
		return -ENOTTY;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_NODEV:
		return -ENODEV;
	default:
		return -EIO;
	}
}

static enum vfiomig_event_kind kind_of(int cmd)
{
	switch (cmd) {
	case VFIO_MIG_CMD_EVENT_STATE:
		return VFIOMIG_EVENT_STATE;
	case VFIO_MIG_CMD_EVENT_PRECOPY:
		return VFIOMIG_EVENT_PRECOPY;
	case VFIO_MIG_CMD_EVENT_DONE:
		return VFIOMIG_EVENT_STREAM;
	case VFIO_MIG_CMD_EVENT_FAILED:
		return VFIOMIG_EVENT_FAILED;
	case VFIO_MIG_CMD_EVENT_COMPAT:
		return VFIOMIG_EVENT_COMPAT;
	default:
		return VFIOMIG_EVENT_OTHER;
	}
}

static uint64_t get_u64(const struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static void get_text(char *to, size_t room, const struct nlattr *a)
{
	if (a)
		nla_strlcpy(to, a, room);
}

static void decode(struct vfiomig_event *e, int cmd, struct nlattr **a)
{
	*e = (struct vfiomig_event){
		.size = sizeof(*e),
		.kind = kind_of(cmd),
		.old_state = a[VFIO_MIG_A_OLD_STATE] ?
			     (int)nla_get_u32(a[VFIO_MIG_A_OLD_STATE]) : -1,
		.state = a[VFIO_MIG_A_STATE] ?
			 (int)nla_get_u32(a[VFIO_MIG_A_STATE]) : -1,
		.code = a[VFIO_MIG_A_CODE] ?
			nla_get_s32(a[VFIO_MIG_A_CODE]) : 0,
		.loaded = a[VFIO_MIG_A_LOADED],
		.initial = get_u64(a[VFIO_MIG_A_INITIAL]),
		.dirty = get_u64(a[VFIO_MIG_A_DIRTY]),
		.bytes = get_u64(a[VFIO_MIG_A_BYTES]),
		.records = get_u64(a[VFIO_MIG_A_RECORDS]),
		.usecs = get_u64(a[VFIO_MIG_A_USECS]),
	};
	get_text(e->name, sizeof(e->name), a[VFIO_MIG_A_NAME]);
	get_text(e->text, sizeof(e->text), a[VFIO_MIG_A_TEXT]);
}

static const struct nla_policy policy[VFIO_MIG_A_MAX + 1] = {
	[VFIO_MIG_A_NAME] = { .type = NLA_STRING },
	[VFIO_MIG_A_TEXT] = { .type = NLA_STRING },
	[VFIO_MIG_A_STATE] = { .type = NLA_U32 },
	[VFIO_MIG_A_OLD_STATE] = { .type = NLA_U32 },
	[VFIO_MIG_A_CODE] = { .minlen = sizeof(int32_t) },
	[VFIO_MIG_A_INITIAL] = { .type = NLA_U64 },
	[VFIO_MIG_A_DIRTY] = { .type = NLA_U64 },
	[VFIO_MIG_A_BYTES] = { .type = NLA_U64 },
	[VFIO_MIG_A_RECORDS] = { .type = NLA_U64 },
	[VFIO_MIG_A_USECS] = { .type = NLA_U64 },
	[VFIO_MIG_A_STOP_COPY] = { .type = NLA_U64 },
};

static int take_message(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[VFIO_MIG_A_MAX + 1];
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct vfiomig_events *events = arg;

	if (head->nlmsg_type != events->family || events->tail == QUEUE_MAX ||
	    !genlmsg_valid_hdr(head, 0) ||
	    genlmsg_parse(head, 0, a, VFIO_MIG_A_MAX, policy))
		return NL_SKIP;
	decode(&events->queue[events->tail++], genlmsg_hdr(head)->cmd, a);
	return NL_OK;
}

static int subscribe(struct vfiomig_events *events)
{
	struct nl_sock *sk = events->sk;
	int group, ret = genl_connect(sk);

	if (ret)
		return error_of(ret);
	events->family = genl_ctrl_resolve(sk, VFIO_MIG_GENL_NAME);
	if (events->family < 0)
		return error_of(events->family);
	group = genl_ctrl_resolve_grp(sk, VFIO_MIG_GENL_NAME,
				      VFIO_MIG_GENL_EVENTS);
	if (group < 0)
		return error_of(group);
	nl_socket_disable_seq_check(sk);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_message, events);
	ret = nl_socket_set_nonblocking(sk);
	if (!ret)
		ret = nl_socket_add_membership(sk, group);
	return ret ? error_of(ret) : 0;
}

int vfiomig_events_open(struct vfiomig_events **out)
{
	struct vfiomig_events *events = calloc(1, sizeof(*events));
	int ret;

	*out = NULL;
	if (!events)
		return -ENOMEM;
	events->sk = nl_socket_alloc();
	ret = events->sk ? subscribe(events) : -ENOMEM;
	if (ret) {
		vfiomig_events_close(events);
		return ret;
	}
	*out = events;
	return 0;
}

int vfiomig_events_fd(const struct vfiomig_events *events)
{
	return nl_socket_get_fd(events->sk);
}

int vfiomig_events_next(struct vfiomig_events *events,
			struct vfiomig_event *event)
{
	int ret;

	if (!GOOD(event, text))
		return -EINVAL;
	while (events->head == events->tail) {
		events->head = 0;
		events->tail = 0;
		errno = 0;
		ret = nl_recvmsgs_default(events->sk);
		if (ret == -NLE_AGAIN)
			return 0;
		/* libnl has one error for ENOBUFS and ENOMEM. */
		if (ret < 0)
			return errno == ENOBUFS ? -ENOBUFS : error_of(ret);
	}
	sized_give(event, &events->queue[events->head++], sizeof(*event));
	return 1;
}

void vfiomig_events_close(struct vfiomig_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->sk);
	free(events);
}

static int take_status(struct nl_msg *msg, void *arg)
{
	const uint32_t all = VFIOMIG_EXACT_INITIAL | VFIOMIG_EXACT_DIRTY |
			     VFIOMIG_EXACT_STOP_COPY;
	struct nlattr *a[VFIO_MIG_A_MAX + 1];
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct vfiomig_status *status = arg;

	if (!genlmsg_valid_hdr(head, 0) ||
	    genlmsg_parse(head, 0, a, VFIO_MIG_A_MAX, policy) ||
	    !a[VFIO_MIG_A_STATE])
		return NL_SKIP;
	*status = (struct vfiomig_status){
		.size = sizeof(*status),
		.state = nla_get_u32(a[VFIO_MIG_A_STATE]),
		.exact = a[VFIO_MIG_A_EXACT] ? all : 0,
		.initial = get_u64(a[VFIO_MIG_A_INITIAL]),
		.dirty = get_u64(a[VFIO_MIG_A_DIRTY]),
		.stop_copy = get_u64(a[VFIO_MIG_A_STOP_COPY]),
		.bytes = get_u64(a[VFIO_MIG_A_BYTES]),
	};
	return NL_OK;
}

static struct nl_msg *status_request(int family, const char *name)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg)
		return NULL;
	if (genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_ACK,
			VFIO_MIG_CMD_SIZES_GET, VFIO_MIG_GENL_VERSION) &&
	    !nla_put_string(msg, VFIO_MIG_A_NAME, name))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int ask_status(struct nl_sock *sk, const char *name,
		      struct vfiomig_status *status)
{
	int ret = genl_connect(sk), family;
	struct nl_msg *msg;

	if (ret)
		return error_of(ret);
	family = genl_ctrl_resolve(sk, VFIO_MIG_GENL_NAME);
	if (family < 0)
		return error_of(family);
	msg = status_request(family, name);
	if (!msg)
		return -ENOMEM;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_status, status);
	ret = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (ret >= 0)
		ret = nl_recvmsgs_default(sk);
	if (ret >= 0)
		ret = nl_wait_for_ack(sk);
	if (ret < 0)
		return error_of(ret);
	return status->size ? 0 : -EIO;
}

int vfiomig_status_of(const char *name, struct vfiomig_status *status)
{
	struct vfiomig_status out = { 0 };
	struct nl_sock *sk;
	int ret;

	if (!GOOD(status, bytes))
		return -EINVAL;
	sk = nl_socket_alloc();
	if (!sk)
		return -ENOMEM;
	ret = ask_status(sk, name, &out);
	nl_socket_free(sk);
	if (!ret)
		sized_give(status, &out, sizeof(out));
	return ret;
}
