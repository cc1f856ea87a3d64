// SPDX-License-Identifier: GPL-2.0-only
/* Compatibility: of the device, of sysfs, of two tokens alone. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/stat.h>
#include <time.h>
#include "test.h"

#define VECTORS	"../unit/vectors/tokens.txt"
#define SOURCE	"vmig1 type=bochs-vgpu stream=1.1 accepts=1.0-1.1 " \
		"emits=1.0-1.1 eq_vram_mib=16 drv=a x_platform=2026.2"
#define TARGET	"vmig1 type=bochs-vgpu stream=1.0 accepts=1.0 " \
		"eq_vram_mib=16 drv=b"

static bool vector_holds(const char *name, const char *minor,
			 const char *source, const char *target)
{
	struct vfiomig_verdict v = { .size = sizeof(v) };
	uint16_t got = 0;
	int ret = vfiomig_compare(source, target, &v);

	if (!EXPECT(!strcmp(ret ? strerrorname_np(-ret) : "0", name) &&
		    v.code == ret && !*v.text == !ret, "%s | %s", source, target))
		return false;
	ret = vfiomig_compare_negotiated(source, target, &got, &v);
	return *minor == '-' ? ret < 0 : !ret && got == atoi(minor);
}

static bool vectors_hold(void)
{
	FILE *f = fopen(VECTORS, "r");
	bool good = f;
	char line[4096];
	int n = 0;

	while (good && fgets(line, sizeof(line), f)) {
		char *name = strtok(line, "|"), *minor = strtok(NULL, "|");
		char *source = strtok(NULL, "|"), *target = strtok(NULL, "\n");

		if (!target || *line == '#')
			continue;
		good = vector_holds(name, minor, source, target);
		n++;
	}
	if (f)
		fclose(f);
	return good && n > 20;
}

static bool verdicts_have_words(void)
{
	struct vfiomig_verdict v = { .size = sizeof(v) };

	return vfiomig_compare(SOURCE, TARGET, &v) == -EPROTONOSUPPORT &&
	       !strcmp(v.key, "stream") && !strcmp(v.source, "1.1") &&
	       !strcmp(v.target, "1.0") && strstr(v.text, "could send 1.0") &&
	       vfiomig_compare(SOURCE, TARGET, NULL) == -EPROTONOSUPPORT &&
	       !vfiomig_compare_negotiated(SOURCE, TARGET, NULL, NULL) &&
	       vfiomig_compare("x", TARGET, &v) == -EINVAL && *v.text;
}

static bool words_are_read(void)
{
	static const char * const words[][2] = {
		{ "type", "bochs-vgpu" }, { "stream", "1.1" },
		{ "accepts", "1.0-1.1" }, { "emits", "1.0-1.1" },
		{ "eq_vram_mib", "16" }, { "drv", "a" },
		{ "x_platform", "2026.2" },
	};
	char value[VFIOMIG_VALUE_MAX];
	const char *at = SOURCE;
	struct vfiomig_word w;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!vfiomig_token_next(&at, &w) || strcmp(w.key, words[i][0]) ||
		    strcmp(w.value, words[i][1]) ||
		    vfiomig_token_get(SOURCE, w.key, value, sizeof(value)) !=
		    (int)strlen(w.value) || strcmp(value, w.value))
			return false;
	return !vfiomig_token_next(&at, &w) && !*at &&
	       vfiomig_token_get(SOURCE, "eq_vram", value,
				 sizeof(value)) == -ENOENT &&
	       !vfiomig_token_valid(SOURCE, NULL) &&
	       vfiomig_token_valid(SOURCE " ", NULL) == -EINVAL &&
	       !vfiomig_token_valid(SOURCE "\n", NULL);
}

/* Words that are too long end the reading; nothing is written past its end. */
static bool long_words_end_it(void)
{
	char token[300] = "vmig1 ";
	const char *at = token;
	struct vfiomig_word w;

	memset(token + 6, 'k', 40);
	strcpy(token + 46, "=1");
	if (vfiomig_token_next(&at, &w))
		return false;
	strcpy(token, "vmig1 k=");
	memset(token + 8, 'v', 200);
	at = token;
	return !vfiomig_token_next(&at, &w);
}

static bool device_is_asked(void)
{
	struct vfiomig_description d = { .size = sizeof(d) };
	struct vfiomig_verdict v = { .size = sizeof(v) };
	uint16_t major = 9, minor = 9;
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = !vfiomig_describe(ctx, &d) && d.major == 1 && d.minor == 0 &&
	       !strcmp(d.platform, "2026.1") && !strcmp(d.token, f.token) &&
	       !vfiomig_check(ctx, SOURCE "\n", &v) && !v.code && !*v.text &&
	       !vfiomig_negotiate(ctx, SOURCE, &major, &minor, &v) &&
	       major == 1 && minor == 0 && f.negotiated;
	f.verdict = -ERANGE;
	good = good && vfiomig_check(ctx, SOURCE, &v) == -ERANGE &&
	       v.code == -ERANGE && !strcmp(v.key, "eq_fake") &&
	       !strcmp(v.source, "1") && !strcmp(v.target, "2") &&
	       !strcmp(v.text, "the fake says no") &&
	       strstr(vfiomig_error(ctx), "the fake says no") &&
	       vfiomig_negotiate(ctx, SOURCE, NULL, NULL, NULL) == -ERANGE &&
	       !f.negotiated;
	/* A verdict that is no errno must not pass for a yes. */
	f.verdict = 1;
	good = good && vfiomig_check(ctx, SOURCE, &v) == -EIO;
	f.verdict = 0;
	good = good && !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY) &&
	       vfiomig_negotiate(ctx, SOURCE, NULL, NULL, &v) == -EBUSY &&
	       !v.code;
	close_fake(&f, ctx);
	return good;
}

static bool long_tokens_are_not_sent(void)
{
	char token[VFIOMIG_TOKEN_MAX + 2];
	struct vfiomig *ctx;
	unsigned int calls;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	memset(token, 'x', sizeof(token));
	token[VFIOMIG_TOKEN_MAX] = '\0';
	calls = f.calls;
	good = vfiomig_check(ctx, token, NULL) == -EINVAL &&
	       vfiomig_negotiate(ctx, token, NULL, NULL, NULL) == -EINVAL &&
	       f.calls == calls;
	token[VFIOMIG_TOKEN_MAX - 1] = '\n';
	good = good && !vfiomig_check(ctx, token, NULL);
	close_fake(&f, ctx);
	return good;
}

static bool without_extension_it_is_enotty(void)
{
	struct vfiomig_description d = { .size = sizeof(d) };
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	f.features = 0;
	ctx = open_fake(&f);
	good = vfiomig_describe(ctx, &d) == -ENOTTY &&
	       vfiomig_check(ctx, SOURCE, NULL) == -ENOTTY &&
	       vfiomig_negotiate(ctx, SOURCE, NULL, NULL, NULL) == -ENOTTY;
	close_fake(&f, ctx);
	return good;
}

static bool write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len;

	if (fd >= 0)
		close(fd);
	return good;
}

static bool file_is_read(const char *dir, const char *text, size_t len, int want)
{
	char path[200], token[VFIOMIG_TOKEN_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s/version", dir);
	ret = write_file(path, text, len) ? vfiomig_token_read(dir, token, VFIOMIG_TOKEN_MAX) : 1;
	unlink(path);
	return EXPECT(ret == want, "%d, not %d", ret, want) &&
	       (ret < 0 || !strncmp(token, text, ret));
}

static bool sysfs_is_read(void)
{
	char dir[] = "/tmp/vfiomig-test-XXXXXX", big[3000], path[200];
	char token[VFIOMIG_TOKEN_MAX];
	struct stat st;
	bool good;

	if (!mkdtemp(dir))
		return false;
	memset(big, 'x', sizeof(big));
	good = vfiomig_token_read(dir, token, VFIOMIG_TOKEN_MAX) == -ENOTTY &&
	       vfiomig_token_ask(dir, SOURCE) == -ENOTTY &&
	       file_is_read(dir, SOURCE "\n", strlen(SOURCE) + 1, strlen(SOURCE)) &&
	       file_is_read(dir, SOURCE, strlen(SOURCE), strlen(SOURCE)) &&
	       file_is_read(dir, "", 0, -EINVAL) &&
	       file_is_read(dir, "\n", 1, -EINVAL) &&
	       file_is_read(dir, SOURCE "\0", strlen(SOURCE) + 1, -EINVAL) &&
	       file_is_read(dir, big, sizeof(big), -EINVAL) &&
	       file_is_read(dir, big, VFIOMIG_TOKEN_MAX, -EINVAL);
	snprintf(path, sizeof(path), "%s/version", dir);
	good = good && write_file(path, "", 0) && !vfiomig_token_ask(dir, SOURCE) &&
	       !stat(path, &st) && st.st_size == (off_t)strlen(SOURCE);
	unlink(path);
	rmdir(dir);
	memset(big, 'd', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	return good && vfiomig_token_read(big, token, VFIOMIG_TOKEN_MAX) < 0;
}

/* test_compat --bench: pairs of tokens that are compared in a second. */
static int bench(void)
{
	struct timespec a, b;
	int i, n = 1000000, no = 0;
	double s;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (i = 0; i < n; i++)
		no += !!vfiomig_compare(SOURCE, i & 1 ? SOURCE : TARGET, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	s = (b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) / 1e9;
	printf("token checks a second: %.0f (%d refused)\n", n / s, no);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ vectors_hold, "the vectors of tokens hold" },
		{ verdicts_have_words, "verdicts have words" },
		{ words_are_read, "the words of a token are read" },
		{ long_words_end_it, "words that are too long are not" },
		{ device_is_asked, "a device describes itself, checks and negotiates" },
		{ long_tokens_are_not_sent, "tokens that are too long are not sent" },
		{ without_extension_it_is_enotty, "without the extension it is -ENOTTY" },
		{ sysfs_is_read, "sysfs is read, and asked" },
	};

	if (argc > 1 && !strcmp(argv[1], "--bench"))
		return bench();
	return run_tests(tests, ARRAY_SIZE(tests));
}
