// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink family "vfio_mig": what there is, checks with the reason in
 * words, sizes, counters and events. A process that may read sysfs learns here what
 * it could read there. All else takes CAP_NET_ADMIN, as debugfs and write access to
 * sysfs take root.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <uapi/linux/vfio_mig_netlink.h>
#include "counters.h"
#include "events.h"
#include "identity.h"
#include "registry.h"
#include "report.h"
#include "sizes.h"
#include "netlink_compat.h"

/* Of one kind and device. A migration has ten changes of state. */
#define EVENTS_A_SECOND	100

static struct genl_family vmig_genl;

static const struct genl_multicast_group groups[] = {
	{ .name = VFIO_MIG_GENL_EVENTS, VMIG_GENL_ADMIN_GROUP },
};

static int put_token(struct sk_buff *skb, const struct vmig_object *o)
{
	char *token __free(kfree) = kzalloc(VMIG_TOKEN_MAX, GFP_KERNEL);

	if (!token)
		return -ENOMEM;
	/* Without a stream version that may be used there is no token. */
	if (vmig_object_token(o, token) < 0)
		return 0;
	return nla_put_string(skb, VFIO_MIG_A_TOKEN, token);
}

/* @admin: tell what only root could read in sysfs and debugfs, too. */
static int put_object(struct sk_buff *skb, const struct vmig_object *o, bool admin)
{
	const struct vmig_platform *p = vmig_object_platform(o);
	int ret;

	if (nla_put_string(skb, VFIO_MIG_A_NAME, o->name) ||
	    nla_put_string(skb, VFIO_MIG_A_PLATFORM, p->name))
		return -EMSGSIZE;
	ret = put_token(skb, o);
	if (ret)
		return ret;
	if (o->vm)
		return admin ? nla_put_u32(skb, VFIO_MIG_A_STATE,
					   READ_ONCE(o->vm->state)) : 0;
	if (nla_put_flag(skb, VFIO_MIG_A_IS_TYPE))
		return -EMSGSIZE;
	return nla_put_string(skb, VFIO_MIG_A_PARENT, o->parent);
}

static int fill_object(struct sk_buff *skb, void *head, const struct vmig_object *o,
		       bool admin)
{
	int ret;

	if (!head)
		return -EMSGSIZE;
	ret = put_object(skb, o, admin);
	if (ret) {
		genlmsg_cancel(skb, head);
		return ret;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* One request or dump on its way through the list of objects. */
struct walk {
	struct sk_buff *skb;
	struct sk_buff *request;
	struct netlink_callback *cb;
	struct genl_info *info;
	long at;
	int ret;
};

/* A dump that the list has changed under says so: its reader asks again. */
static bool dump_one(const struct vmig_object *o, void *arg)
{
	struct walk *w = arg;
	void *head;

	if (w->at++ < w->cb->args[0])
		return true;
	head = genlmsg_put(w->skb, NETLINK_CB(w->cb->skb).portid,
			   w->cb->nlh->nlmsg_seq, &vmig_genl, NLM_F_MULTI,
			   VFIO_MIG_CMD_OBJECT_GET);
	w->cb->seq = vmig_objects_changes();
	if (head)
		genl_dump_check_consistent(w->cb, head);
	w->ret = fill_object(w->skb, head, o,
			     netlink_capable(w->cb->skb, CAP_NET_ADMIN));
	if (w->ret)
		return false;
	w->cb->args[0]++;
	return true;
}

/* A message with nothing in it would be the end of the dump. */
static int object_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct walk w = { .skb = skb, .cb = cb };

	vmig_objects_walk(dump_one, &w);
	return skb->len ? skb->len : w.ret;
}

static bool same_string(const struct nlattr *attr, const char *s)
{
	return attr && !nla_strcmp(attr, s);
}

/* Of two parents that have a type of one name the request says which. */
static bool is_wanted(const struct vmig_object *o, struct genl_info *info)
{
	struct nlattr *parent = info->attrs[VFIO_MIG_A_PARENT];

	if (!same_string(info->attrs[VFIO_MIG_A_NAME], o->name))
		return false;
	return !parent || (!o->vm && same_string(parent, o->parent));
}

static bool get_one(const struct vmig_object *o, void *arg)
{
	struct walk *w = arg;

	if (!is_wanted(o, w->info))
		return true;
	w->ret = fill_object(w->skb,
			     genlmsg_put_reply(w->skb, w->info, &vmig_genl, 0,
					       VFIO_MIG_CMD_OBJECT_GET),
			     o, netlink_capable(w->request, CAP_NET_ADMIN));
	return false;
}

static int reply_walk(struct sk_buff *request, struct genl_info *info,
		      bool (*visit)(const struct vmig_object *o, void *arg))
{
	struct walk w = { .request = request, .info = info, .ret = -ENODEV };
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, VFIO_MIG_A_NAME))
		return -EINVAL;
	w.skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!w.skb)
		return -ENOMEM;
	vmig_objects_walk(visit, &w);
	if (w.ret == -ENODEV)
		NL_SET_ERR_MSG(info->extack, "no such device or type");
	if (!w.skb->len) {
		nlmsg_free(w.skb);
		return w.ret;
	}
	ret = genlmsg_reply(w.skb, info);
	return w.ret ? w.ret : ret;
}

static int object_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply_walk(skb, info, get_one);
}

static int fill_verdict(struct sk_buff *skb, struct genl_info *info,
			const struct vmig_object *o,
			const struct vmig_verdict *v)
{
	void *head = genlmsg_put_reply(skb, info, &vmig_genl, 0,
				       VFIO_MIG_CMD_CHECK);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_string(skb, VFIO_MIG_A_NAME, o->name) ||
	    nla_put_s32(skb, VFIO_MIG_A_CODE, v->error) ||
	    nla_put_string(skb, VFIO_MIG_A_KEY, v->key) ||
	    nla_put_string(skb, VFIO_MIG_A_SOURCE, v->source) ||
	    nla_put_string(skb, VFIO_MIG_A_TARGET, v->target) ||
	    nla_put_string(skb, VFIO_MIG_A_TEXT, v->text)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/*
 * The verdict goes out as a reply; one that says no is also the call's error,
 * with as much of the reason as extack takes.
 */
static bool check_one(const struct vmig_object *o, void *arg)
{
	struct vmig_verdict *v __free(kfree) = kzalloc(sizeof(*v), GFP_KERNEL);
	struct walk *w = arg;
	int ret;

	if (!is_wanted(o, w->info))
		return true;
	if (!v) {
		w->ret = -ENOMEM;
		return false;
	}
	ret = vmig_judge(o->kind, o->vm,
			 nla_data(w->info->attrs[VFIO_MIG_A_TOKEN]), v);
	w->ret = ret;
	if (ret < 0)
		NL_SET_ERR_MSG_FMT(w->info->extack, "%s", v->text);
	if (ret == v->error && fill_verdict(w->skb, w->info, o, v))
		w->ret = -EMSGSIZE;
	return false;
}

static int check(struct sk_buff *skb, struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, VFIO_MIG_A_TOKEN))
		return -EINVAL;
	return reply_walk(skb, info, check_one);
}

static int put_counter(struct sk_buff *skb, const struct vmig_counter *c)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_COUNTER);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, VFIO_MIG_COUNTER_A_NAME, c->name) ||
	    nla_put_u64_64bit(skb, VFIO_MIG_COUNTER_A_VALUE, c->value,
			      VFIO_MIG_COUNTER_A_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_counters(struct sk_buff *skb, const struct vmig_object *o)
{
	struct vmig_counter c[VMIG_COUNTERS_MAX];
	unsigned int i, n = vmig_counters(o->vm, c);
	int ret = nla_put_string(skb, VFIO_MIG_A_NAME, o->name);

	for (i = 0; i < n && !ret; i++)
		ret = put_counter(skb, &c[i]);
	return ret;
}

/* A type has none, and is not the device of that name. */
static bool count_one(const struct vmig_object *o, void *arg)
{
	struct walk *w = arg;
	void *head;

	if (!o->vm || !is_wanted(o, w->info))
		return true;
	head = genlmsg_put_reply(w->skb, w->info, &vmig_genl, 0,
				 VFIO_MIG_CMD_COUNTERS_GET);
	w->ret = head ? put_counters(w->skb, o) : -EMSGSIZE;
	if (w->ret)
		genlmsg_cancel(w->skb, head);
	else
		genlmsg_end(w->skb, head);
	return false;
}

static int counters_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply_walk(skb, info, count_one);
}

static int put_u64(struct sk_buff *skb, enum vfio_mig_attr what, u64 value)
{
	return nla_put_u64_64bit(skb, what, value, VFIO_MIG_A_PAD);
}

static int put_sizes(struct sk_buff *skb, const struct vmig_object *o,
		     const struct vmig_snapshot *s)
{
	if (nla_put_string(skb, VFIO_MIG_A_NAME, o->name) ||
	    nla_put_u32(skb, VFIO_MIG_A_STATE, s->state) ||
	    put_u64(skb, VFIO_MIG_A_INITIAL, s->size.precopy_initial) ||
	    put_u64(skb, VFIO_MIG_A_DIRTY, s->size.precopy_dirty) ||
	    put_u64(skb, VFIO_MIG_A_STOP_COPY, s->size.stop_copy))
		return -EMSGSIZE;
	if (s->size.flags && nla_put_flag(skb, VFIO_MIG_A_EXACT))
		return -EMSGSIZE;
	return s->saves ? put_u64(skb, VFIO_MIG_A_BYTES, s->bytes) : 0;
}

/* A device that is busy is not waited for: its user decides how long it is. */
static bool measure_one(const struct vmig_object *o, void *arg)
{
	struct vmig_snapshot s;
	struct walk *w = arg;
	void *head;

	if (!o->vm || !is_wanted(o, w->info))
		return true;
	w->ret = vmig_try_snapshot(o->vm, &s);
	if (w->ret == -EBUSY)
		NL_SET_ERR_MSG(w->info->extack, "its state is being changed, or read");
	if (w->ret)
		return false;
	head = genlmsg_put_reply(w->skb, w->info, &vmig_genl, 0,
				 VFIO_MIG_CMD_SIZES_GET);
	w->ret = head ? put_sizes(w->skb, o, &s) : -EMSGSIZE;
	if (w->ret)
		genlmsg_cancel(w->skb, head);
	else
		genlmsg_end(w->skb, head);
	return false;
}

static int sizes_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply_walk(skb, info, measure_one);
}

static const struct nla_policy policy[VFIO_MIG_A_TOKEN + 1] = {
	[VFIO_MIG_A_NAME] = { .type = NLA_NUL_STRING, .len = 127 },
	[VFIO_MIG_A_PARENT] = { .type = NLA_NUL_STRING, .len = 127 },
	[VFIO_MIG_A_TOKEN] = { .type = NLA_NUL_STRING,
			       .len = VMIG_TOKEN_MAX },
};

static const struct genl_ops ops[] = {
	{
		.cmd = VFIO_MIG_CMD_OBJECT_GET,
		.doit = object_get,
		.dumpit = object_dump,
	}, {
		.cmd = VFIO_MIG_CMD_CHECK,
		.doit = check,
		.flags = GENL_ADMIN_PERM,
	}, {
		.cmd = VFIO_MIG_CMD_COUNTERS_GET,
		.doit = counters_get,
		.flags = GENL_ADMIN_PERM,
	}, {
		.cmd = VFIO_MIG_CMD_SIZES_GET,
		.doit = sizes_get,
		.flags = GENL_ADMIN_PERM,
	},
};

static struct genl_family vmig_genl __ro_after_init = {
	.name = VFIO_MIG_GENL_NAME,
	.version = VFIO_MIG_GENL_VERSION,
	.maxattr = VFIO_MIG_A_TOKEN,
	.policy = policy,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = __VFIO_MIG_CMD_MAX,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.module = THIS_MODULE,
};

/*
 * An event that is being put together; NULL when no process listens, or when there
 * were too many of the kind: a VMM can cause them as fast as it calls.
 */
static struct sk_buff *event_begin(struct vmig_dev *vm, enum vfio_mig_cmd cmd,
				   void **head)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&vmig_genl, &init_net, 0))
		return NULL;
	if (!__ratelimit(&vm->told[cmd - VFIO_MIG_CMD_EVENT_STATE])) {
		atomic64_inc(&vm->stats[VMIG_STAT_UNTOLD]);
		return NULL;
	}
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return NULL;
	*head = genlmsg_put(skb, 0, 0, &vmig_genl, 0, cmd);
	if (!*head || nla_put_string(skb, VFIO_MIG_A_NAME,
				     dev_name(vm->vdev->dev))) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void event_send(struct sk_buff *skb, void *head)
{
	genlmsg_end(skb, head);
	genlmsg_multicast(&vmig_genl, skb, 0, 0, GFP_KERNEL);
}

/*
 * What is told is counted, too. The page that an event has is larger than all of
 * its attributes.
 */
void vmig_event_state(struct vmig_dev *vm, u32 from, u32 to)
{
	void *head;
	struct sk_buff *skb = event_begin(vm, VFIO_MIG_CMD_EVENT_STATE, &head);

	atomic64_inc(&vm->stats[VMIG_STAT_ARCS]);
	if (!skb)
		return;
	nla_put_u32(skb, VFIO_MIG_A_OLD_STATE, from);
	nla_put_u32(skb, VFIO_MIG_A_STATE, to);
	event_send(skb, head);
}

void vmig_event_precopy(struct vmig_dev *vm, u64 initial, u64 dirty, u64 bytes)
{
	void *head;
	struct sk_buff *skb = event_begin(vm, VFIO_MIG_CMD_EVENT_PRECOPY, &head);

	if (!skb)
		return;
	nla_put_u64_64bit(skb, VFIO_MIG_A_INITIAL, initial, VFIO_MIG_A_PAD);
	nla_put_u64_64bit(skb, VFIO_MIG_A_DIRTY, dirty, VFIO_MIG_A_PAD);
	nla_put_u64_64bit(skb, VFIO_MIG_A_BYTES, bytes, VFIO_MIG_A_PAD);
	event_send(skb, head);
}

void vmig_event_done(struct vmig_dev *vm, bool loaded, u64 bytes, u64 records,
		     u64 usecs)
{
	void *head;
	struct sk_buff *skb = event_begin(vm, VFIO_MIG_CMD_EVENT_DONE, &head);

	atomic64_inc(&vm->stats[loaded ? VMIG_STAT_LOADED : VMIG_STAT_SAVED]);
	atomic64_add(bytes, &vm->stats[loaded ? VMIG_STAT_LOADED_BYTES :
				       VMIG_STAT_SAVED_BYTES]);
	if (!skb)
		return;
	if (loaded)
		nla_put_flag(skb, VFIO_MIG_A_LOADED);
	nla_put_u64_64bit(skb, VFIO_MIG_A_BYTES, bytes, VFIO_MIG_A_PAD);
	nla_put_u64_64bit(skb, VFIO_MIG_A_RECORDS, records, VFIO_MIG_A_PAD);
	nla_put_u64_64bit(skb, VFIO_MIG_A_USECS, usecs, VFIO_MIG_A_PAD);
	event_send(skb, head);
}

void vmig_event_failed(struct vmig_dev *vm, int error)
{
	char text[VMIG_REASON_MAX];
	void *head;
	struct sk_buff *skb = event_begin(vm, VFIO_MIG_CMD_EVENT_FAILED, &head);

	atomic64_inc(&vm->stats[VMIG_STAT_REFUSED]);
	if (!skb)
		return;
	vmig_reason(vm, text);
	nla_put_s32(skb, VFIO_MIG_A_CODE, error);
	nla_put_string(skb, VFIO_MIG_A_TEXT, text);
	event_send(skb, head);
}

void vmig_event_compat(struct vmig_dev *vm)
{
	void *head;
	struct sk_buff *skb = event_begin(vm, VFIO_MIG_CMD_EVENT_COMPAT, &head);

	if (skb)
		event_send(skb, head);
}

/* What others know of this device is not true any more. */
void vmig_changed(struct vmig_dev *vm)
{
	kobject_uevent(&vm->vdev->dev->kobj, KOBJ_CHANGE);
	vmig_event_compat(vm);
}

/* Each kind has a limit of its own, so that none of them hides another one. */
void vmig_events_setup(struct vmig_dev *vm)
{
	unsigned int i;

	BUILD_BUG_ON(VFIO_MIG_CMD_EVENT_COMPAT - VFIO_MIG_CMD_EVENT_STATE + 1 !=
		     VMIG_NR_EVENTS);
	for (i = 0; i < ARRAY_SIZE(vm->told); i++) {
		ratelimit_state_init(&vm->told[i], HZ, EVENTS_A_SECOND);
		ratelimit_set_flags(&vm->told[i], RATELIMIT_MSG_ON_RELEASE);
	}
}

int vmig_netlink_init(void)
{
	return genl_register_family(&vmig_genl);
}

void vmig_netlink_exit(void)
{
	genl_unregister_family(&vmig_genl);
}
