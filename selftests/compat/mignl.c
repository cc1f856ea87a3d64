// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family, by libnl:
 *   mignl dump                    NAME [PARENT] PLATFORM TOKEN of each object
 *   mignl check NAME TOKEN        verdict; exit status 1 for no
 *   mignl counters NAME           NAME VALUE of each of a device's counters
 *   mignl sizes NAME              STATE INITIAL DIRTY STOP_COPY EXACT BYTES, as numbers
 *   mignl states                  NAME STATE of each object, "-" if it is not told
 *   mignl events COUNT            prints events, one a line, until COUNT came
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio_mig_netlink.h>

static int family;
static int events_left;

static const char *text(struct nlattr **a, int what)
{
	return a[what] ? nla_get_string(a[what]) : "-";
}

static int show_object(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[VFIO_MIG_A_MAX + 1];

	genlmsg_parse(nlmsg_hdr(msg), 0, a, VFIO_MIG_A_MAX, NULL);
	printf("%s %s %s %s %s\n", a[VFIO_MIG_A_IS_TYPE] ? "type" : "device",
	       text(a, VFIO_MIG_A_NAME), text(a, VFIO_MIG_A_PARENT),
	       text(a, VFIO_MIG_A_PLATFORM), text(a, VFIO_MIG_A_TOKEN));
	return NL_OK;
}

static int show_state(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[VFIO_MIG_A_MAX + 1];

	genlmsg_parse(nlmsg_hdr(msg), 0, a, VFIO_MIG_A_MAX, NULL);
	printf("%s ", text(a, VFIO_MIG_A_NAME));
	if (a[VFIO_MIG_A_STATE])
		printf("%u\n", nla_get_u32(a[VFIO_MIG_A_STATE]));
	else
		printf("-\n");
	return NL_OK;
}

static unsigned long long figure(struct nlattr **a, int what)
{
	return a[what] ? nla_get_u64(a[what]) : 0;
}

static int show_sizes(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[VFIO_MIG_A_MAX + 1];

	genlmsg_parse(nlmsg_hdr(msg), 0, a, VFIO_MIG_A_MAX, NULL);
	printf("%u %llu %llu %llu %d %llu\n", nla_get_u32(a[VFIO_MIG_A_STATE]),
	       figure(a, VFIO_MIG_A_INITIAL), figure(a, VFIO_MIG_A_DIRTY),
	       figure(a, VFIO_MIG_A_STOP_COPY), !!a[VFIO_MIG_A_EXACT],
	       figure(a, VFIO_MIG_A_BYTES));
	return NL_OK;
}

static int show_verdict(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[VFIO_MIG_A_MAX + 1];

	genlmsg_parse(nlmsg_hdr(msg), 0, a, VFIO_MIG_A_MAX, NULL);
	printf("%d key=%s source=%s target=%s text=%s\n",
	       a[VFIO_MIG_A_CODE] ? nla_get_s32(a[VFIO_MIG_A_CODE]) : 1,
	       text(a, VFIO_MIG_A_KEY), text(a, VFIO_MIG_A_SOURCE),
	       text(a, VFIO_MIG_A_TARGET), text(a, VFIO_MIG_A_TEXT));
	return NL_OK;
}

static int show_event(struct nl_msg *msg, void *arg)
{
	static const char * const names[] = {
		[VFIO_MIG_CMD_EVENT_STATE] = "state",
		[VFIO_MIG_CMD_EVENT_PRECOPY] = "precopy",
		[VFIO_MIG_CMD_EVENT_DONE] = "done",
		[VFIO_MIG_CMD_EVENT_FAILED] = "failed",
		[VFIO_MIG_CMD_EVENT_COMPAT] = "compat",
	};
	struct nlattr *a[VFIO_MIG_A_MAX + 1];
	struct nlmsghdr *head = nlmsg_hdr(msg);

	genlmsg_parse(head, 0, a, VFIO_MIG_A_MAX, NULL);
	printf("%s %s", names[genlmsg_hdr(head)->cmd],
	       text(a, VFIO_MIG_A_NAME));
	if (a[VFIO_MIG_A_STATE])
		printf(" %u>%u", nla_get_u32(a[VFIO_MIG_A_OLD_STATE]),
		       nla_get_u32(a[VFIO_MIG_A_STATE]));
	if (a[VFIO_MIG_A_BYTES])
		printf(" bytes=%llu",
		       (unsigned long long)nla_get_u64(a[VFIO_MIG_A_BYTES]));
	if (a[VFIO_MIG_A_TEXT])
		printf(" %s", text(a, VFIO_MIG_A_TEXT));
	printf("\n");
	fflush(stdout);
	return --events_left ? NL_OK : NL_STOP;
}

static struct nl_msg *request(int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, cmd,
		    VFIO_MIG_GENL_VERSION);
	return msg;
}

static int dump(struct nl_sock *sk, int (*show)(struct nl_msg *msg, void *arg))
{
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, show, NULL);
	if (nl_send_auto(sk, request(VFIO_MIG_CMD_OBJECT_GET, NLM_F_DUMP)) < 0)
		return 1;
	return nl_recvmsgs_default(sk) < 0;
}

/* Takes the message. */
static int ask(struct nl_sock *sk, struct nl_msg *msg,
	       int (*show)(struct nl_msg *msg, void *arg))
{
	int ret;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, show, NULL);
	ret = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (ret >= 0)
		ret = nl_recvmsgs_default(sk);
	if (ret >= 0)
		ret = nl_wait_for_ack(sk);
	if (ret < 0)
		printf("error %s\n", nl_geterror(ret));
	return ret < 0;
}

static int check(struct nl_sock *sk, const char *name, const char *token)
{
	struct nl_msg *msg = request(VFIO_MIG_CMD_CHECK, NLM_F_ACK);

	nla_put_string(msg, VFIO_MIG_A_NAME, name);
	nla_put_string(msg, VFIO_MIG_A_TOKEN, token);
	return ask(sk, msg, show_verdict);
}

static int show_counters(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *head = genlmsg_hdr(nlmsg_hdr(msg));
	struct nlattr *c[VFIO_MIG_COUNTER_A_MAX + 1];
	struct nlattr *a;
	int left;

	nla_for_each_attr(a, genlmsg_attrdata(head, 0),
			  genlmsg_attrlen(head, 0), left) {
		if (nla_type(a) != VFIO_MIG_A_COUNTER)
			continue;
		nla_parse_nested(c, VFIO_MIG_COUNTER_A_MAX, a, NULL);
		printf("%s %llu\n", text(c, VFIO_MIG_COUNTER_A_NAME),
		       (unsigned long long)
		       nla_get_u64(c[VFIO_MIG_COUNTER_A_VALUE]));
	}
	return NL_OK;
}

/* What there is one answer to. */
static int get(struct nl_sock *sk, int cmd, const char *name,
	       int (*show)(struct nl_msg *msg, void *arg))
{
	struct nl_msg *msg = request(cmd, NLM_F_ACK);

	nla_put_string(msg, VFIO_MIG_A_NAME, name);
	return ask(sk, msg, show);
}

static int events(struct nl_sock *sk, int count)
{
	int group = genl_ctrl_resolve_grp(sk, VFIO_MIG_GENL_NAME,
					  VFIO_MIG_GENL_EVENTS);

	events_left = count;
	nl_socket_disable_seq_check(sk);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, show_event, NULL);
	if (group < 0 || nl_socket_add_membership(sk, group))
		return 1;
	printf("listening\n");
	fflush(stdout);
	while (events_left > 0)
		if (nl_recvmsgs_default(sk) < 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct nl_sock *sk = nl_socket_alloc();

	if (!sk || genl_connect(sk))
		return 2;
	family = genl_ctrl_resolve(sk, VFIO_MIG_GENL_NAME);
	if (family < 0)
		return 2;
	if (argc == 2 && !strcmp(argv[1], "dump"))
		return dump(sk, show_object);
	if (argc == 2 && !strcmp(argv[1], "states"))
		return dump(sk, show_state);
	if (argc == 4 && !strcmp(argv[1], "check"))
		return check(sk, argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "counters"))
		return get(sk, VFIO_MIG_CMD_COUNTERS_GET, argv[2], show_counters);
	if (argc == 3 && !strcmp(argv[1], "sizes"))
		return get(sk, VFIO_MIG_CMD_SIZES_GET, argv[2], show_sizes);
	if (argc == 3 && !strcmp(argv[1], "events"))
		return events(sk, atoi(argv[2]));
	return 2;
}
