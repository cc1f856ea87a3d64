// SPDX-License-Identifier: LGPL-2.1-or-later
/* Groups of equal tokens, and verdicts on pairs of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "matrix.h"

#define WORDS_MAX 48

static bool is_compared(const char *key)
{
	/* x_os decides between documents, see judge.c. */
	return strcmp(key, "drv") &&
	       (strncmp(key, "x_", 2) || !strcmp(key, "x_os"));
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

/* Two tokens that decide alike become the same. NULL without memory. */
static char *normalise(const char *token)
{
	struct vfiomig_word words[WORDS_MAX];
	struct text out = { 0 };
	size_t i, n = 0;

	while (n < WORDS_MAX && vfiomig_token_next(&token, &words[n]))
		if (is_compared(words[n].key))
			n++;
	qsort(words, n, sizeof(words[0]), by_key);
	text_add(&out, "vmig1");
	for (i = 0; i < n; i++)
		text_add(&out, " %s=%s", words[i].key, words[i].value);
	if (!out.lost)
		return out.at;
	text_free(&out);
	return NULL;
}

/* Room doubles. NULL without memory; the old array is then as it was. */
static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return realloc(array, (count ? 2 * count : 1) * size);
}

/* A host is added in one go: if it is there, it is the last one. */
static int set_add(struct host_set *set, uint32_t host)
{
	uint32_t *list;

	if (set->count && set->list[set->count - 1] == host)
		return 0;
	list = grow(set->list, set->count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	set->list = list;
	list[set->count++] = host;
	return 0;
}

static char *copy(const char *text)
{
	return strdup(text ? text : "?");
}

static struct group *new_group(struct matrix *m, char *token)
{
	struct group *groups = grow(m->groups, m->count, sizeof(*groups));
	char type[VFIOMIG_VALUE_MAX] = "";
	struct group *group;

	if (!groups)
		return NULL;
	m->groups = groups;
	vfiomig_token_get(token, "type", type, sizeof(type));
	group = &groups[m->count];
	*group = (struct group){ .token = token, .type = copy(type) };
	if (!group->type ||
	    json_object_set_new(m->index, token, json_integer(m->count))) {
		free(group->type);
		return NULL;
	}
	m->count++;
	return group;
}

static struct group *group_of(struct matrix *m, const char *token)
{
	char *normal = normalise(token);
	struct group *group;
	json_t *place;

	if (!normal)
		return NULL;
	place = json_object_get(m->index, normal);
	group = place ? &m->groups[json_integer_value(place)] :
			new_group(m, normal);
	if (!group || group->token != normal)
		free(normal);
	return group;
}

static struct blank *blank_of(struct matrix *m, const char *kind,
			      const char *driver, const char *why)
{
	struct blank *blanks;
	size_t i;

	kind = kind ? kind : "?";
	driver = driver ? driver : "?";
	for (i = 0; i < m->blank_count; i++)
		if (!strcmp(m->blanks[i].kind, kind) &&
		    !strcmp(m->blanks[i].driver, driver) &&
		    m->blanks[i].why == why)
			return &m->blanks[i];
	blanks = grow(m->blanks, m->blank_count, sizeof(*blanks));
	if (!blanks)
		return NULL;
	m->blanks = blanks;
	blanks[i] = (struct blank){ copy(kind), copy(driver), why };
	m->blank_count++;
	return blanks[i].kind && blanks[i].driver ? &blanks[i] : NULL;
}

/* What cannot be judged is told, not left out. */
static int add_blank(struct matrix *m, uint32_t host, const json_t *object,
		     const char *why)
{
	const char *kind, *driver;
	struct blank *blank;

	kind = json_string_value(json_object_get(object, "kind"));
	driver = json_string_value(json_object_get(object, "driver"));
	blank = blank_of(m, kind, driver, why);
	if (!blank)
		return -ENOMEM;
	blank->count++;
	return set_add(&blank->hosts, host);
}

/* Of a type: no more can be made. */
static bool is_full(const json_t *object)
{
	const json_t *left = json_object_get(object, "available");

	return json_is_integer(left) ? json_integer_value(left) <= 0 :
	       json_is_string(left) && !strcmp(json_string_value(left), "0");
}

static bool is_wanted(const struct matrix *m, const char *wanted, uint32_t host)
{
	return !wanted || !strcmp(wanted, m->names[host]);
}

static int add_to_group(struct matrix *m, uint32_t host, const json_t *object,
			const char *token)
{
	const char *kind = json_string_value(json_object_get(object, "kind"));
	struct group *group = group_of(m, token);
	int ret = 0;

	if (!group)
		return -ENOMEM;
	if (is_wanted(m, m->to, host))
		ret = set_add(is_full(object) ? &group->full : &group->targets,
			      host);
	/* What does not exist yet does not leave. */
	if (!ret && (!kind || strcmp(kind, "type")) &&
	    is_wanted(m, m->from, host))
		ret = set_add(&group->sources, host);
	return ret;
}

static int add_object(struct matrix *m, uint32_t host, const json_t *object)
{
	const json_t *token = json_object_get(object, "token");

	if (!json_is_object(object))
		return add_blank(m, host, NULL, "it is no object of JSON");
	if (!token || json_is_null(token))
		return add_blank(m, host, object, "it has no token");
	if (!json_is_string(token) ||
	    vfiomig_token_valid(json_string_value(token), NULL))
		return add_blank(m, host, object, "its token is none");
	return add_to_group(m, host, object, json_string_value(token));
}

/* FNV-1a. It tells whether two inventories of a host say the same. */
static int hash_bytes(const char *bytes, size_t len, void *arg)
{
	uint64_t *digest = arg;

	while (len--)
		*digest = (*digest ^ (uint8_t)*bytes++) * 0x100000001b3;
	return 0;
}

static uint64_t digest_of(const json_t *inventory)
{
	uint64_t digest = 0xcbf29ce484222325;

	json_dump_callback(json_object_get(inventory, "objects"), hash_bytes,
			   &digest, JSON_COMPACT | JSON_SORT_KEYS);
	return digest;
}

static int new_host(struct matrix *m, const char *name, uint64_t digest)
{
	char **names = grow(m->names, m->hosts, sizeof(*names));
	uint64_t *digests;

	if (!names)
		return -ENOMEM;
	m->names = names;
	digests = grow(m->digests, m->hosts, sizeof(*digests));
	if (!digests)
		return -ENOMEM;
	m->digests = digests;
	names[m->hosts] = copy(name);
	digests[m->hosts] = digest;
	if (!names[m->hosts] ||
	    json_object_set_new(m->host_index, name, json_integer(m->hosts))) {
		free(names[m->hosts]);
		return -ENOMEM;
	}
	m->hosts++;
	return 0;
}

bool matrix_has_host(const struct matrix *m, const char *name)
{
	return json_object_get(m->host_index, name);
}

int matrix_add(struct matrix *m, const json_t *inventory)
{
	const char *host = json_string_value(json_object_get(inventory, "host"));
	uint64_t digest = digest_of(inventory);
	json_t *object, *place;
	size_t i;
	int ret;

	if (!m->index) {
		m->index = json_object();
		m->host_index = json_object();
	}
	place = json_object_get(m->host_index, host);
	if (place)
		return m->digests[json_integer_value(place)] == digest ? 0 :
		       -EEXIST;
	ret = new_host(m, host, digest);
	json_array_foreach(json_object_get(inventory, "objects"), i, object) {
		if (ret)
			break;
		ret = add_object(m, m->hosts - 1, object);
	}
	return ret;
}

void matrix_free(struct matrix *m)
{
	while (m->count--) {
		free(m->groups[m->count].token);
		free(m->groups[m->count].type);
		free(m->groups[m->count].sources.list);
		free(m->groups[m->count].targets.list);
		free(m->groups[m->count].full.list);
	}
	while (m->blank_count--) {
		free(m->blanks[m->blank_count].kind);
		free(m->blanks[m->blank_count].driver);
		free(m->blanks[m->blank_count].hosts.list);
	}
	while (m->hosts--)
		free(m->names[m->hosts]);
	free(m->groups);
	free(m->blanks);
	free(m->names);
	free(m->digests);
	json_decref(m->index);
	json_decref(m->host_index);
}

/* Is there a host in each of them, and not the same one? */
static bool has_two(const struct host_set *a, const struct host_set *b)
{
	if (!a->count || !b->count)
		return false;
	return a->count > 1 || b->count > 1 || a->list[0] != b->list[0];
}

static void refuse(struct pair *p, int code, const char *key, const char *text)
{
	memset(&p->verdict, 0, sizeof(p->verdict));
	p->judgement = JUDGED_NO;
	p->verdict.code = code;
	text_cut(p->verdict.key, "%s", key);
	text_cut(p->verdict.text, "%s", text);
}

bool matrix_verdict(const struct matrix *m, size_t from, size_t to,
		    struct pair *p)
{
	const struct group *source = &m->groups[from], *target = &m->groups[to];

	p->negotiable = false;
	if (!source->sources.count ||
	    (!target->targets.count && !target->full.count))
		return false;
	if (strcmp(source->type, target->type))
		return false;
	p->judgement = judge_tokens(source->token, target->token, &p->verdict);
	if (p->verdict.code == -EPROTONOSUPPORT)
		p->negotiable = !vfiomig_compare_negotiated(source->token,
							    target->token, NULL,
							    NULL);
	if (p->judgement == JUDGED_NO)
		return p->verdict.code != -ENODEV;
	if (has_two(&source->sources, &target->targets))
		return true;
	if (has_two(&source->sources, &target->full))
		refuse(p, -ENOSPC, "available",
		       "no more devices of this type can be made now");
	else
		refuse(p, -EHOSTUNREACH, "host",
		       "no host but the source itself could take it");
	return true;
}
