// SPDX-License-Identifier: LGPL-2.1-or-later
/* Groups of equal tokens, and verdicts on pairs of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "matrix.h"

#define WORDS_MAX 48

static bool is_compared(const char *key)
{
	return strcmp(key, "drv") && strncmp(key, "x_", 2);
}

static int by_key(const void *a, const void *b)
{
	const struct vfiomig_word *x = a, *y = b;

	/* "type" has to stand first. */
	if (!strcmp(x->key, "type"))
		return -1;
	if (!strcmp(y->key, "type"))
		return 1;
	return strcmp(x->key, y->key);
}

/* Two tokens that decide alike become the same. */
static void normalise(const char *token, char out[VFIOMIG_TOKEN_MAX])
{
	struct vfiomig_word words[WORDS_MAX];
	size_t i, n = 0;
	char *p;

	while (n < WORDS_MAX && vfiomig_token_next(&token, &words[n]))
		if (is_compared(words[n].key))
			n++;
	qsort(words, n, sizeof(words[0]), by_key);
	p = stpcpy(out, "vmig1");
	for (i = 0; i < n; i++) {
		p = stpcpy(stpcpy(p, " "), words[i].key);
		p = stpcpy(stpcpy(p, "="), words[i].value);
	}
}

static struct group *new_group(struct matrix *m, const char *token)
{
	struct group *groups;

	/* Room doubles. */
	if (!(m->count & (m->count - 1))) {
		groups = realloc(m->groups, (m->count ? 2 * m->count : 1) *
				 sizeof(*groups));
		if (!groups)
			return NULL;
		m->groups = groups;
	}
	groups = &m->groups[m->count];
	*groups = (struct group){ strdup(token), json_array(), json_array() };
	if (!groups->token ||
	    json_object_set_new(m->index, token, json_integer(m->count)))
		return NULL;
	m->count++;
	return groups;
}

static struct group *group_of(struct matrix *m, const char *token)
{
	json_t *place;

	if (!m->index)
		m->index = json_object();
	place = json_object_get(m->index, token);
	if (place)
		return &m->groups[json_integer_value(place)];
	return new_group(m, token);
}

/* A host is added in one go: if it is there, it is the last one. */
static void add_host(json_t *hosts, const char *host)
{
	size_t n = json_array_size(hosts);
	const char *last = n ? json_string_value(json_array_get(hosts, n - 1)) :
			   NULL;

	if (!last || strcmp(last, host))
		json_array_append_new(hosts, json_string(host));
}

static int add_object(struct matrix *m, const char *host, const json_t *object)
{
	const char *token, *kind, *name;
	char normal[VFIOMIG_TOKEN_MAX];
	struct group *group;

	token = json_string_value(json_object_get(object, "token"));
	kind = json_string_value(json_object_get(object, "kind"));
	name = json_string_value(json_object_get(object, "name"));
	if (!token)
		return 0;
	if (vfiomig_token_valid(token, NULL)) {
		note("%s: %s has no valid token", host, name ? name : "?");
		return 0;
	}
	normalise(token, normal);
	group = group_of(m, normal);
	if (!group)
		return -ENOMEM;
	if (!m->to || !strcmp(m->to, host))
		add_host(group->targets, host);
	/* What does not exist yet does not leave. */
	if ((!kind || strcmp(kind, "type")) &&
	    (!m->from || !strcmp(m->from, host)))
		add_host(group->sources, host);
	return 0;
}

int matrix_add(struct matrix *m, const json_t *inventory)
{
	const char *host = json_string_value(json_object_get(inventory, "host"));
	json_t *object;
	size_t i;
	int ret;

	m->hosts++;
	m->from_seen |= m->from && !strcmp(m->from, host);
	m->to_seen |= m->to && !strcmp(m->to, host);
	json_array_foreach(json_object_get(inventory, "objects"), i, object) {
		ret = add_object(m, host, object);
		if (ret)
			return ret;
	}
	return 0;
}

void matrix_free(struct matrix *m)
{
	while (m->count--) {
		free(m->groups[m->count].token);
		json_decref(m->groups[m->count].sources);
		json_decref(m->groups[m->count].targets);
	}
	free(m->groups);
	json_decref(m->index);
}

bool matrix_verdict(const struct matrix *m, size_t from, size_t to,
		    struct vfiomig_verdict *verdict, bool *negotiable)
{
	const char *source = m->groups[from].token;
	const char *target = m->groups[to].token;
	int ret;

	if (!json_array_size(m->groups[from].sources) ||
	    !json_array_size(m->groups[to].targets))
		return false;
	ret = vfiomig_compare(source, target, verdict);
	*negotiable = ret == -EPROTONOSUPPORT &&
		      !vfiomig_compare_negotiated(source, target, NULL, NULL);
	return ret != -ENODEV;
}
