// SPDX-License-Identifier: GPL-2.0-only
/*
 * tokens VERSION_FILE [COUNT [SEED]]: random and mutated tokens against the
 * kernel and against the pure function: the kernel is never looser.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmig/token.h>

static unsigned int seed;
static int tests, status;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static void tap(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
	status |= !good;
}

static int kernel_says(const char *path, const char *token, size_t len)
{
	int fd = open(path, O_WRONLY);
	int ret;

	if (fd < 0)
		return -EIO;
	ret = write(fd, token, len) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* A token like @own, with some bytes or words that are not. */
static size_t mutate(char *token, const char *own)
{
	static const char * const words[] = {
		" eq_vram_mib=4", " eq_vram_mib=5", " min_x=1", " x_y=z",
		" also=other", " type=other", " stream=1.0", " accepts=1.0-1.9",
		" accepts=2.0", " emits=1.0,1.1", " foo=bar", "\n", " ",
		" min_y=99999999999999999999", " eq_=1", "=", " drv=",
	};
	size_t len = strlen(own);
	unsigned int n = pick(4);
	const char *word;

	memcpy(token, own, len + 1);
	while (n--) {
		switch (pick(4)) {
		case 0:
			token[pick(len)] = pick(256);
			break;
		case 1:
			len = pick(len) + 1;
			break;
		default:
			word = words[pick(sizeof(words) / sizeof(*words))];
			if (len + strlen(word) < VMIG_TOKEN_MAX) {
				memcpy(token + len, word, strlen(word));
				len += strlen(word);
			}
		}
	}
	token[len] = '\0';
	return len;
}

/* An errno of the documented ones, and yes only where the function says yes. */
static int agrees(int kernel, const char *token, size_t len, const char *own)
{
	struct vmig_verdict v;
	int pure = strlen(token) == len ? vmig_token_check(token, own, &v) :
					  -EINVAL;

	if (kernel == pure)
		return 1;
	printf("# kernel %d, function %d: %s\n", kernel, pure, token);
	return 0;
}

static int many(const char *path, const char *own, int count, int *accepted)
{
	char token[4 * VMIG_TOKEN_MAX];
	int wrong = 0;
	size_t len;
	int ret;

	while (count--) {
		len = mutate(token, own);
		ret = kernel_says(path, token, len);
		*accepted += !ret;
		wrong += !agrees(ret, token, len, own);
	}
	return wrong;
}

/* As long as may be, by words that bind nobody. */
static size_t pad(char *token, const char *own, size_t to)
{
	size_t len = strlen(own), n;
	int word = 0;

	memcpy(token, own, len + 1);
	while (len < to) {
		n = to - len < 40 ? to - len : to - len < 50 ? 20 : 30;
		/* " x_NN=" and a value; the shortest word has 7 bytes. */
		len += sprintf(token + len, " x_%02d=%.*s", word++, (int)n - 6,
			       "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv");
	}
	return len;
}

static int in_two_writes(const char *path, const char *own)
{
	int fd = open(path, O_WRONLY);
	ssize_t a = write(fd, own, 10);
	ssize_t b = write(fd, own + 10, strlen(own) - 10);

	close(fd);
	return a < 0 && b < 0;
}

int main(int argc, char **argv)
{
	char own[VMIG_TOKEN_MAX + 2] = "", token[4 * VMIG_TOKEN_MAX];
	int count = argc > 2 ? atoi(argv[2]) : 10000;
	int fd = open(argv[1], O_RDONLY);
	int accepted = 0, wrong;
	size_t len;

	seed = argc > 3 ? atoi(argv[3]) : 1;
	if (fd < 0 || read(fd, own, sizeof(own) - 1) <= 0)
		return 1;
	close(fd);
	printf("1..9\n");
	len = strlen(own);
	tap(own[len - 1] == '\n', "a line is read");
	tap(!kernel_says(argv[1], own, len), "with its newline it is accepted");
	own[--len] = '\0';
	tap(!kernel_says(argv[1], own, len), "and without");
	tap(kernel_says(argv[1], own, len + 1) == -EINVAL,
	    "not with a NUL at its end");
	tap(in_two_writes(argv[1], own), "not in two writes");
	len = pad(token, own, VMIG_TOKEN_MAX - 1);
	tap(len == VMIG_TOKEN_MAX - 1 && !kernel_says(argv[1], token, len),
	    "as long as may be");
	len = pad(token, own, VMIG_TOKEN_MAX);
	tap(kernel_says(argv[1], token, len) == -EINVAL, "not one byte longer");
	wrong = many(argv[1], own, count, &accepted);
	printf("# %d tokens, %d accepted\n", count, accepted);
	tap(!wrong, "the kernel and the pure function agree");
	tap(accepted > count / 100 && accepted < count, "both verdicts occur");
	return status;
}
