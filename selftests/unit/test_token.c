// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compatibility tokens (Documentation/compatibility.rst): what is one, and
 * what two of them decide.
 *
 * test_token VECTORS_DIR
 */
#include <errno.h>
#include <vmig/token.h>
#include <stdlib.h>
#include "unit.h"

#define HEAD	"vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1"
#define S2	"vmig1 type=bochs-vgpu stream=1.2 accepts=1.0-1.2"
#define OURS	HEAD " emits=1.0-1.1 eq_vram_mib=16 drv=a"

#define TEN	"1234567890"

static const struct form {
	const char *name;
	const char *token;
	const char *why;	/* part of the reason, NULL for a good one */
} forms[] = {
	{ "a token", OURS, NULL },
	{ "a newline at the end", OURS "\n", NULL },
	{ "another order", "vmig1 type=a x_y=z accepts=1.0 stream=1.0", NULL },
	{ "nothing", "", "begin" },
	{ "garbage", "garbage", "begin" },
	{ "another grammar", "vmig2 type=a stream=1.0 accepts=1.0", "begin" },
	{ "the first word alone", "vmig1", "begin" },
	{ "the first word and a blank", "vmig1 ", "no keys" },
	{ "a blank before it", " " HEAD, "begin" },
	{ "two blanks", "vmig1 type=a  stream=1.0 accepts=1.0", "key=value" },
	{ "a blank at the end", HEAD " ", "key=value" },
	{ "two newlines", HEAD "\n\n", "key=value" },
	{ "text behind the newline", HEAD "\neq_a=1", "key=value" },
	{ "a tab", HEAD "\teq_a=1", "key=value" },
	{ "a control byte", HEAD " eq_a=\1", "key=value" },
	{ "a byte above ASCII", HEAD " eq_a=\xc3\xa4", "key=value" },
	{ "DEL", HEAD " eq_a=\x7f", "key=value" },
	{ "a word without a value", HEAD " eq_a", "key=value" },
	{ "an empty value", HEAD " eq_a=", "key=value" },
	{ "an empty key", HEAD " =1", "key=value" },
	{ "an equals sign in a value", HEAD " eq_a=b=c", "key=value" },
	{ "a capital in a key", HEAD " eq_A=1", "key=value" },
	{ "a key that begins with a digit", HEAD " 1a=1", "key is malformed" },
	{ "a key that begins with _", HEAD " _a=1", "key is malformed" },
	{ "a key of 31 bytes", HEAD " eq_345678901234567890123456789a=1", NULL },
	{ "a key of 32 bytes", HEAD " eq_345678901234567890123456789ab=1",
	  "key is malformed" },
	{ "a value of 63 bytes", HEAD " x_a=" TEN TEN TEN TEN TEN TEN "123",
	  NULL },
	{ "a value of 64 bytes", HEAD " x_a=" TEN TEN TEN TEN TEN TEN "1234",
	  "too long" },
	{ "a key twice", HEAD " x_a=1 x_a=1", "twice" },
	{ "type twice", HEAD " type=other", "twice" },
	{ "type not first", "vmig1 stream=1.0 type=a accepts=1.0", "first" },
	{ "no type", "vmig1 stream=1.0 accepts=1.0", "first" },
	{ "no stream", "vmig1 type=a accepts=1.0", "key stream" },
	{ "no accepts", "vmig1 type=a stream=1.0", "key accepts" },
};

static void check_form(const struct form *f)
{
	struct vmig_verdict v;
	int ret = vmig_token_valid(f->token, &v);
	bool good = f->why ? ret == -EINVAL && strstr(v.text, f->why) :
			     !ret && !v.text[0];

	tap(good, "form: %s", f->name);
	if (!good)
		printf("# got %d: %s\n", ret, v.text);
}

#define PAIR(s, t) "vmig1 type=a stream=" s " accepts=9.9", \
		   "vmig1 type=a stream=1.0 accepts=" t

static const struct decision {
	const char *name;
	const char *source;
	const char *target;
	int want;
	int negotiated;		/* minor, or an errno */
	const char *key;
	const char *why;
} decisions[] = {
	{ "equal tokens", OURS, OURS, 0, 1 },
	{ "drv and x_ keys bind no device", HEAD " drv=b x_y=1",
	  HEAD " x_y=2 x_z=1", 0, 1 },
	{ "another type", "vmig1 type=b stream=1.0 accepts=1.0", HEAD, -ENODEV,
	  -ENODEV, "type", "same kind" },
	{ "a type that ours begins with",
	  "vmig1 type=bochs stream=1.0 accepts=1.0", HEAD, -ENODEV, -ENODEV,
	  "type", "same kind" },
	{ "a type that the target acts as",
	  "vmig1 type=old stream=1.1 accepts=1.0", HEAD " also=x,old,y", 0, 1 },
	{ "a type that one of those begins with",
	  "vmig1 type=ol stream=1.1 accepts=1.0", HEAD " also=x,old,y",
	  -ENODEV, -ENODEV, "type", "same kind" },
	{ "what the source acts as does not count", HEAD " also=a",
	  "vmig1 type=a stream=1.1 accepts=1.1", -ENODEV, -ENODEV, "type",
	  "same kind" },
	{ "a key that the driver does not know", HEAD " foo=1", HEAD, -EOPNOTSUPP,
	  -EOPNOTSUPP, "foo", "not know" },
	{ "one that only the target has", HEAD, HEAD " foo=1", -EOPNOTSUPP,
	  -EOPNOTSUPP, "foo", "not know" },
	{ "a bare prefix is no known key", HEAD " eq_=1", HEAD " eq_=1",
	  -EOPNOTSUPP, -EOPNOTSUPP, "eq_", "not know" },
	{ "equal eq_", HEAD " eq_a=1", HEAD " eq_a=1", 0, 1 },
	{ "other eq_", HEAD " eq_a=1", HEAD " eq_a=10", -ERANGE, -ERANGE,
	  "eq_a", "eq_a is 1 on the source, 10 on the target: they must be equal" },
	{ "eq_ on the source only", HEAD " eq_a=1", HEAD, -ERANGE, -ERANGE,
	  "eq_a", "not there on the target" },
	{ "eq_ on the target only", HEAD, HEAD " eq_a=1", -ERANGE, -ERANGE,
	  "eq_a", "not there on the source" },
	{ "eq2_ counts for stream 1.2", S2 " eq2_a=1", S2 " eq2_a=2", -ERANGE, -ERANGE,
	  "eq2_a", "they must be equal" },
	{ "eq2_ does not count for stream 1.1", HEAD " eq2_a=1", S2 " eq2_a=2", 0, 1 },
	{ "eq2_ on a newer target only", HEAD, S2 " eq2_a=2", 0, 1 },
	{ "eq2_ on a newer source that sends 1.1", HEAD " emits=1.0-1.2 eq2_a=1", HEAD,
	  0, 1 },
	{ "negotiation finds a stream for which eq2_ does not count",
	  S2 " emits=1.0-1.2 eq2_a=1", S2 " eq2_a=2", -ERANGE, 1, "eq2_a", "equal" },
	{ "and goes on to the next", S2 " emits=1.0-1.2 eq2_a=1 min1_b=2", S2 " eq2_a=2",
	  -ERANGE, 0, "eq2_a", "equal" },
	{ "but not to where there is none", S2 " emits=1.1-1.2 eq2_a=1 min1_b=2",
	  S2 " eq2_a=2", -ERANGE, -ERANGE, "eq2_a", "equal" },
	{ "eq2_ does not hide the stream", S2 " emits=1.0-1.2 eq2_a=1", HEAD,
	  -EPROTONOSUPPORT, 1, "stream", "could send 1.1" },
	{ "min2_ counts for stream 1.2", S2 " min2_a=2", S2 " min2_a=1", -ERANGE,
	  -ERANGE, "min2_a", "smaller" },
	{ "min2_ does not count for stream 1.1", HEAD " min2_a=2", HEAD, 0, 1 },
	{ "min2_ is a number all the same", HEAD " min2_a=x", HEAD, -EINVAL, -EINVAL,
	  "", "min2_a is no number" },
	{ "eq0_ is no known key", HEAD " eq0_a=1", HEAD " eq0_a=1", -EOPNOTSUPP,
	  -EOPNOTSUPP, "eq0_a", "not know" },
	{ "eq02_ is no known key", HEAD " eq02_a=1", HEAD " eq02_a=1", -EOPNOTSUPP,
	  -EOPNOTSUPP, "eq02_a", "not know" },
	{ "eq65536_ is no known key", HEAD " eq65536_a=1", HEAD " eq65536_a=1",
	  -EOPNOTSUPP, -EOPNOTSUPP, "eq65536_a", "not know" },
	{ "eq2_ alone is no known key", HEAD " eq2_=1", HEAD " eq2_=1", -EOPNOTSUPP,
	  -EOPNOTSUPP, "eq2_", "not know" },
	{ "eqx_ is no known key", HEAD " eqx_a=1", HEAD " eqx_a=1", -EOPNOTSUPP,
	  -EOPNOTSUPP, "eqx_a", "not know" },
	{ "eq_a and eq2_a are two keys", S2 " eq_a=1 eq2_a=2", S2 " eq_a=1 eq2_a=2", 0, 2 },
	{ "min_ equal", HEAD " min_q=2", HEAD " min_q=2", 0, 1 },
	{ "min_ larger", HEAD " min_q=9", HEAD " min_q=10", 0, 1 },
	{ "min_ smaller", HEAD " min_q=10", HEAD " min_q=9", -ERANGE, -ERANGE,
	  "min_q", "smaller" },
	{ "min_ missing on the target", HEAD " min_q=1", HEAD, -ERANGE,
	  -ERANGE, "min_q", "must have" },
	{ "min_ on the target only", HEAD, HEAD " min_q=1", 0, 1 },
	{ "min_ of 2^64 - 1", HEAD " min_q=18446744073709551615",
	  HEAD " min_q=18446744073709551615", 0, 1 },
	{ "min_ of 2^64", HEAD " min_q=1", HEAD " min_q=18446744073709551616",
	  -EINVAL, -EINVAL, "", "no number" },
	{ "min_ with a leading zero", HEAD " min_q=01", HEAD " min_q=1",
	  -EINVAL, -EINVAL, "", "no number" },
	{ "min_ with a sign", HEAD " min_q=-1", HEAD " min_q=1", -EINVAL,
	  -EINVAL, "", "source's token is malformed: min_q is no number" },
	{ "a malformed source", "x", HEAD, -EINVAL, -EINVAL, "", "source" },
	{ "a malformed target", HEAD, "x", -EINVAL, -EINVAL, "", "target" },
	{ "a stream that is accepted", PAIR("1.4", "1.0-1.2,1.4"), 0, 4 },
	{ "a stream in a hole", PAIR("1.3", "1.0-1.2,1.4"), -EPROTONOSUPPORT,
	  -EPROTONOSUPPORT, "stream", "accepts 1.0-1.2,1.4" },
	{ "a newer stream", PAIR("1.5", "1.0-1.4"), -EPROTONOSUPPORT,
	  -EPROTONOSUPPORT, "stream", "sends 1.5" },
	{ "another major", PAIR("2.0", "1.0-1.9"), -EPROTONOSUPPORT,
	  -EPROTONOSUPPORT, "stream", "sends 2.0" },
	{ "one of two majors", PAIR("2.0", "1.0-1.9,2.0-2.1"), 0, 0 },
	{ "a newer stream that can be older", HEAD " emits=1.0-1.1",
	  "vmig1 type=bochs-vgpu stream=1.0 accepts=1.0", -EPROTONOSUPPORT, 0,
	  "stream", "the source could send 1.0" },
	{ "a stream pinned to older", "vmig1 type=a stream=1.0 accepts=1.0 emits=1.0-1.3",
	  "vmig1 type=a stream=1.0 accepts=1.0-1.2", 0, 2 },
	{ "a newer major in common",
	  "vmig1 type=a stream=1.0 accepts=1.0 emits=1.0-1.1,2.0",
	  "vmig1 type=a stream=1.0 accepts=1.0-1.1,2.0", 0, 1 },
	{ "emits without what is sent now",
	  "vmig1 type=a stream=1.3 accepts=1.0 emits=1.0",
	  "vmig1 type=a stream=1.0 accepts=1.3", 0, 3 },
	{ "a reversed range", PAIR("1.0", "1.4-1.0"), -EINVAL, -EINVAL, "",
	  "stream version" },
	{ "a range over majors", PAIR("1.0", "1.0-2.0"), -EINVAL, -EINVAL, "",
	  "stream version" },
	{ "a comma at the end", PAIR("1.0", "1.0,"), -EINVAL, -EINVAL, "",
	  "stream version" },
	{ "an empty range", PAIR("1.0", ",1.0"), -EINVAL, -EINVAL, "",
	  "stream version" },
	{ "no minor", PAIR("1", "1.0"), -EINVAL, -EINVAL, "", "stream version" },
	{ "three numbers", PAIR("1.0.0", "1.0"), -EINVAL, -EINVAL, "",
	  "stream version" },
	{ "a leading zero", PAIR("1.00", "1.0"), -EINVAL, -EINVAL, "",
	  "stream version" },
	{ "65535 as a minor", PAIR("1.65535", "1.0-1.65535"), 0, 65535 },
	{ "65536 as a minor", PAIR("1.65536", "1.0"), -EINVAL, -EINVAL, "",
	  "stream version" },
};

static bool sound(const struct vmig_verdict *v, int ret)
{
	size_t len = strnlen(v->text, sizeof(v->text));
	size_t i;

	if (len == sizeof(v->text) || !ret != !len || v->error != ret)
		return false;
	for (i = 0; i < len; i++)
		if (v->text[i] < ' ' || v->text[i] > '~')
			return false;
	return memchr(v->key, 0, sizeof(v->key)) &&
	       memchr(v->source, 0, sizeof(v->source)) &&
	       memchr(v->target, 0, sizeof(v->target));
}

static void check_decision(const struct decision *d)
{
	struct vmig_verdict v, w;
	u16 minor = 0;
	int ret = vmig_token_check(d->source, d->target, &v);
	int neg = vmig_token_negotiate(d->source, d->target, &minor, &w);
	bool good = ret == d->want && sound(&v, ret) && sound(&w, neg) &&
		    (neg ? neg : minor) == d->negotiated;

	if (good && d->why)
		good = strstr(v.text, d->why) && !strcmp(v.key, d->key);
	tap(good, "%s: %s", d->name, ret ? strerror(-ret) : "may migrate");
	if (!good)
		printf("# check %d: %s; negotiate %d, minor %u: %s\n", ret,
		       v.text, neg, minor, w.text);
}

/* A token of exactly @len bytes. */
static void padded(char *to, size_t len)
{
	size_t n = sprintf(to, "%s", HEAD);
	int word = 0;

	while (n < len) {
		size_t part = len - n < 80 ? len - n : 40;

		n += sprintf(to + n, " x_%02d=", word++);
		memset(to + n, 'v', part - 6);
		n += part - 6;
		to[n] = '\0';
	}
}

static bool length_is_bounded(void)
{
	char token[VMIG_TOKEN_MAX + 2];
	struct vmig_verdict v;

	padded(token, VMIG_TOKEN_MAX - 1);
	if (strlen(token) != VMIG_TOKEN_MAX - 1 || vmig_token_valid(token, &v))
		return false;
	strcat(token, "\n");
	if (vmig_token_valid(token, &v))
		return false;
	padded(token, VMIG_TOKEN_MAX);
	return vmig_token_valid(token, &v) == -EINVAL &&
	       strstr(v.text, "too long");
}

static bool words_are_bounded(void)
{
	char token[VMIG_TOKEN_MAX];
	struct vmig_verdict v;
	size_t n = sprintf(token, "%s", HEAD);
	int i;

	/* Three of them stand in the head. */
	for (i = 3; i < VMIG_WORDS_MAX; i++)
		n += sprintf(token + n, " x_%02d=1", i);
	if (vmig_token_valid(token, &v))
		return false;
	sprintf(token + n, " x_a=1");
	return vmig_token_valid(token, &v) == -EINVAL &&
	       strstr(v.text, "too many");
}

static int written(char *buf, size_t len, const char *value)
{
	struct vmig_token_writer w;

	vmig_token_begin(&w, buf, len, "a");
	vmig_token_put(&w, "stream", "%u.%u", 1, 0);
	vmig_token_put(&w, "accepts", "1.0");
	vmig_token_put(&w, "eq_a", "%s", value);
	return vmig_token_end(&w);
}

static bool writer_is_careful(void)
{
	static const char want[] = "vmig1 type=a stream=1.0 accepts=1.0 eq_a=7";
	char buf[VMIG_TOKEN_MAX];

	if (written(buf, sizeof(buf), "7") != sizeof(want) - 1 ||
	    strcmp(buf, want))
		return false;
	return written(buf, sizeof(want), "7") == sizeof(want) - 1 &&
	       written(buf, sizeof(want) - 1, "7") == -EMSGSIZE &&
	       written(buf, 0, "7") == -EMSGSIZE &&
	       written(buf, sizeof(buf), "7 eq_b=1\n") == -EINVAL &&
	       written(buf, sizeof(buf), "a=b") == -EINVAL &&
	       written(buf, sizeof(buf), "") == -EINVAL;
}

static unsigned int seed = 1;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* OURS with words, bytes and lengths that are not. */
static void mutate(char *token)
{
	static const char * const words[] = {
		" eq_vram_mib=17", " eq_b=1", " eq1_a=1", " eq1_a=2",
		" min1_a=7", " min_a=5", " min_a=6", " foo=1",
		" x_a=1", " also=b", " emits=1.0-1.3", " accepts=2.0", "\n",
		" stream=1.0", " ", "=", " type=b", " min_b=x",
	};
	unsigned int n = pick(4);
	size_t len;

	len = sprintf(token, "%s", pick(4) ? OURS : HEAD);
	while (n--) {
		if (pick(3)) {
			len += sprintf(token + len, "%s",
				       words[pick(ARRAY_SIZE(words))]);
		} else if (pick(2)) {
			token[pick(len)] = pick(255) + 1;
		} else {
			len = pick(len) + 1;
			token[len] = '\0';
		}
	}
}

static bool documented(int ret)
{
	return !ret || ret == -EINVAL || ret == -ENODEV || ret == -ERANGE ||
	       ret == -EOPNOTSUPP || ret == -EPROTONOSUPPORT;
}

/* What holds for any two texts. */
static bool holds(const char *a, const char *b)
{
	struct vmig_verdict v, w;
	u16 minor;
	int ret = vmig_token_check(a, b, &v);
	int neg = vmig_token_negotiate(a, b, &minor, &w);

	if (!documented(ret) || !documented(neg) || !sound(&v, ret) ||
	    !sound(&w, neg))
		return false;
	if (vmig_token_check(a, b, &w) != ret || strcmp(v.text, w.text))
		return false;
	/* What differs is only which versions are looked at, and so which keys count. */
	if (!ret)
		return !neg;
	if (!neg)
		return ret == -EPROTONOSUPPORT || ret == -ERANGE;
	return ret == -EPROTONOSUPPORT || neg == -EPROTONOSUPPORT || ret == neg;
}

static bool random_pairs(unsigned int count)
{
	char a[512], b[512];

	while (count--) {
		mutate(a);
		mutate(b);
		if (!holds(a, b) || !holds(a, OURS) || !holds(OURS, b)) {
			printf("# %s\n# %s\n", a, b);
			return false;
		}
	}
	return true;
}

/* Lines "ERRNO|MINOR|SOURCE|TARGET", for other implementations, too. */
static bool vectors_hold(const char *dir)
{
	char path[256], line[4 * VMIG_TOKEN_MAX];
	bool good = true;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tokens.txt", dir);
	f = fopen(path, "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char *name = strtok(line, "|"), *minor = strtok(NULL, "|");
		char *source = strtok(NULL, "|"), *target = strtok(NULL, "\n");
		struct vmig_verdict v;
		u16 got = 0;
		int ret;

		if (!target || *line == '#')
			continue;
		ret = vmig_token_check(source, target, &v);
		good &= !strcmp(ret ? strerrorname_np(-ret) : "0", name);
		ret = vmig_token_negotiate(source, target, &got, &v);
		good &= *minor == '-' ? ret < 0 : !ret && got == atoi(minor);
	}
	fclose(f);
	return good;
}

/* The same lines from the table here: "test_token --vectors" prints them. */
static int print_vectors(void)
{
	const struct decision *d;

	puts("# errno of the check or 0 | minor that is negotiated or - | source | target");
	for (d = decisions; d < decisions + ARRAY_SIZE(decisions); d++) {
		printf("%s|", d->want ? strerrorname_np(-d->want) : "0");
		printf(d->negotiated < 0 ? "-" : "%d", d->negotiated);
		printf("|%s|%s\n", d->source, d->target);
	}
	return 0;
}

static bool in_list(const void *list, u16 minor)
{
	const u16 *p;

	for (p = list; *p != 9999; p++)
		if (*p == minor)
			return true;
	return false;
}

static bool odd(const void *unused, u16 minor)
{
	return minor & 1;
}

static bool versions_are(const char *want, size_t len, u16 max, const u16 *list)
{
	char buf[64];

	memset(buf, 'x', sizeof(buf));
	vmig_token_versions(buf, len, 1, max, list ? in_list : odd, list);
	if (!strcmp(buf, want))
		return true;
	printf("# \"%s\" and not \"%s\"\n", buf, want);
	return false;
}

/* No range is ever cut: "1.1" of "1.12" would be another one. */
static bool versions_fit(void)
{
	return versions_are("1.0", 64, 0, (u16[]){ 0, 9999 }) &&
	       versions_are("", 64, 5, (u16[]){ 9999 }) &&
	       versions_are("1.0-1.1", 64, 1, (u16[]){ 0, 1, 9999 }) &&
	       versions_are("1.0,1.2-1.4,1.7", 64, 8,
			    (u16[]){ 0, 2, 3, 4, 7, 9999 }) &&
	       versions_are("1.65535", 64, 65535, (u16[]){ 65535, 9999 }) &&
	       versions_are("1.11,1.13", 12, 13, NULL) &&
	       versions_are("1.9,1.11,1.13", 14, 13, NULL) &&
	       versions_are("", 4, 13, NULL) &&
	       versions_are("", 1, 13, NULL);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "--vectors"))
		return print_vectors();
	tap_plan(ARRAY_SIZE(forms) + ARRAY_SIZE(decisions) + 6);
	for (i = 0; i < ARRAY_SIZE(forms); i++)
		check_form(&forms[i]);
	for (i = 0; i < ARRAY_SIZE(decisions); i++)
		check_decision(&decisions[i]);
	tap(length_is_bounded(), "a token has 1023 bytes at most");
	tap(words_are_bounded(), "and 48 keys");
	tap(writer_is_careful(), "the writer makes tokens or errors");
	tap(versions_fit(), "a list of versions is whole or shorter");
	tap(random_pairs(20000), "any two texts have a verdict with a reason");
	tap(argc > 1 && vectors_hold(argv[1]), "the vectors hold");
	return tap_status;
}
