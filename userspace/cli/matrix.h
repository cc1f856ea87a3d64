/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who of many hosts can migrate where. Tokens that say the same are one group,
 * so that the work grows with the kinds of devices, not with the hosts.
 */
#ifndef _MATRIX_H
#define _MATRIX_H

#include "cli.h"
#include "judge.h"

/**
 * struct host_set - places of hosts in struct matrix, each once, ascending
 * @list: places
 * @count: how many
 * @room: how many fit
 */
struct host_set {
	uint32_t *list;
	size_t count;
	size_t room;
};

/**
 * struct group - devices that are the same for a migration
 * @token: without what is not compared, words in order
 * @type: of it
 * @sources: hosts that have such a device
 * @targets: hosts that could take one: devices, and mdev types with room
 * @full: hosts with a type of which no more can be made
 */
struct group {
	char *token;
	char *type;
	struct host_set sources;
	struct host_set targets;
	struct host_set full;
};

/**
 * struct blank - objects of which nothing can be said, for one reason
 * @kind: "pci", "mdev", "type" or "?"
 * @driver: theirs, or "?"
 * @why: there is nothing to be said
 * @hosts: that have them
 * @count: how many objects
 */
struct blank {
	char *kind;
	char *driver;
	const char *why;
	struct host_set hosts;
	size_t count;
};

/**
 * struct matrix - groups of all hosts
 * @groups: groups
 * @count: how many
 * @blanks: what has no token, or a wrong one
 * @blank_count: how many
 * @names: of hosts
 * @digests: of what was said of them
 * @hosts: how many there are
 * @from: only this host is a source; or NULL for all
 * @to: only this host is a target; or NULL for all
 * @index: token to place in @groups
 * @host_index: name to place in @names
 */
struct matrix {
	struct group *groups;
	size_t count;
	struct blank *blanks;
	size_t blank_count;
	char **names;
	uint64_t *digests;
	size_t hosts;
	const char *from;
	const char *to;
	json_t *index;
	json_t *host_index;
};

/*
 * matrix_add - add a host
 *
 * The same inventory again changes nothing. Returns 0, -EEXIST for another one
 * of a host that was added before, or -ENOMEM.
 */
int matrix_add(struct matrix *matrix, const json_t *inventory);
void matrix_free(struct matrix *matrix);
bool matrix_has_host(const struct matrix *matrix, const char *name);

/**
 * struct pair - what is to be said of two groups
 * @judgement: yes, no, or unknown
 * @verdict: with the reason
 * @negotiable: it would work if the two negotiated
 */
struct pair {
	enum judgement judgement;
	struct vfiomig_verdict verdict;
	bool negotiable;
};

/* Is there anything to be said of these two? Not of two types of devices. */
bool matrix_verdict(const struct matrix *matrix, size_t from, size_t to,
		    struct pair *pair);

#endif
