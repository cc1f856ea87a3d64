// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens: two of them from one input, with a NUL in between. Any two texts have
 * a verdict of the documented ones, with a reason that is text.
 */
#include <errno.h>
#include <vmig/token.h>
#include <stdlib.h>

#include "fuzz.h"

static void check_text(const char *text, size_t room)
{
	size_t i;

	CHECK(memchr(text, 0, room));
	for (i = 0; text[i]; i++)
		CHECK(text[i] >= ' ' && text[i] <= '~');
}

static void check_verdict(const struct vmig_verdict *v, int ret)
{
	CHECK(!ret || ret == -EINVAL || ret == -ENODEV || ret == -ERANGE ||
	      ret == -EOPNOTSUPP || ret == -EPROTONOSUPPORT);
	CHECK(v->error == ret && !ret == !v->text[0]);
	check_text(v->text, sizeof(v->text));
	check_text(v->key, sizeof(v->key));
	check_text(v->source, sizeof(v->source));
	check_text(v->target, sizeof(v->target));
}

/* What was taken apart can be put together again. */
static void rewrite(const char *token)
{
	char again[VMIG_TOKEN_MAX], type[VMIG_VALUE_MAX + 1];
	struct vmig_token_writer w;
	const char *p = token;
	struct vmig_word word;
	size_t len = strcspn(token, "\n");
	char key[VMIG_KEY_MAX + 1];

	CHECK(vmig_token_get(token, "type", type, sizeof(type)) > 0);
	vmig_token_begin(&w, again, sizeof(again), type);
	CHECK(vmig_token_next(&p, &word));
	while (vmig_token_next(&p, &word)) {
		memcpy(key, word.key, word.key_len);
		key[word.key_len] = '\0';
		vmig_token_put(&w, key, "%.*s", (int)word.value_len, word.value);
	}
	CHECK(vmig_token_end(&w) == (int)len && !memcmp(token, again, len));
}

static void decide(const char *a, const char *b)
{
	struct vmig_verdict v;
	u16 minor;
	int ret, neg;

	ret = vmig_token_check(a, b, &v);
	check_verdict(&v, ret);
	neg = vmig_token_negotiate(a, b, &minor, &v);
	check_verdict(&v, neg);
	CHECK(ret == neg || ret == -EPROTONOSUPPORT || neg == -EPROTONOSUPPORT);
}

int fuzz_one(const u8 *data, size_t size)
{
	char *both = malloc(size + 2);
	struct vmig_verdict v;
	const char *second;

	CHECK(both);
	/* The first ends at a NUL of the input's own, if there is one. */
	memcpy(both, data, size);
	memset(both + size, 0, 2);
	second = both + strnlen(both, size) + 1;
	if (second > both + size)
		second = both + size;
	decide(both, second);
	decide(second, both);
	decide(both, both);
	if (!vmig_token_valid(both, &v))
		rewrite(both);
	free(both);
	return 0;
}
