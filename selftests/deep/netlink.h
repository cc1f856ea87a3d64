/* SPDX-License-Identifier: GPL-2.0-only */
/* The netlink family, as far as it is asked here. */
#ifndef _NETLINK_H
#define _NETLINK_H

struct nl_sock;

/* NULL when there is no family. A socket is for one thread. */
struct nl_sock *netlink_open(void);
void netlink_close(struct nl_sock *sk);

/* Objects that there are, or a negative errno. */
int netlink_dump(struct nl_sock *sk);
/* The verdict on @token, or another negative errno. */
int netlink_check(struct nl_sock *sk, const char *name, const char *token);
/* 0 when they came. */
int netlink_counters(struct nl_sock *sk, const char *name);

#endif
