/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who of many hosts can migrate where. Tokens that say the same are one group,
 * so that the work grows with the kinds of devices, not with the hosts.
 */
#ifndef _MATRIX_H
#define _MATRIX_H

#include "cli.h"

/**
 * struct group - devices that are the same for a migration
 * @token: without what is not compared, words in order
 * @sources: names of hosts that have such a device
 * @targets: names of hosts that could take one: devices, and mdev types
 */
struct group {
	char *token;
	json_t *sources;
	json_t *targets;
};

/**
 * struct matrix - groups of all hosts
 * @groups: groups
 * @count: how many
 * @hosts: how many hosts were added
 * @from: only this host is a source; or NULL for all
 * @to: only this host is a target; or NULL for all
 * @from_seen: that host was added
 * @to_seen: that host was added
 * @index: token to place in @groups
 */
struct matrix {
	struct group *groups;
	size_t count;
	size_t hosts;
	const char *from;
	const char *to;
	bool from_seen;
	bool to_seen;
	json_t *index;
};

/* Adds a host. 0 or -ENOMEM. */
int matrix_add(struct matrix *matrix, const json_t *inventory);
void matrix_free(struct matrix *matrix);

/* Is there anything to be said of these two? Not of two types of devices. */
bool matrix_verdict(const struct matrix *matrix, size_t from, size_t to,
		    struct vfiomig_verdict *verdict, bool *negotiable);

#endif
