// SPDX-License-Identifier: LGPL-2.1-or-later
/* Progress: a bar on a terminal, lines elsewhere; and how it is interrupted. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"
#include "job.h"

#define BAR_WIDTH	30
#define BAR_EVERY_MS	100

static int interrupt_pipe[2] = { -1, -1 };
static volatile sig_atomic_t was_interrupted;

static void on_signal(int number)
{
	int error = errno;

	if (was_interrupted) {
		outfile_abandon();
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	was_interrupted = 1;
	if (write(interrupt_pipe[1], "", 1) < 0)
		was_interrupted = 1;
	errno = error;
}

/* The second one ends the program, as ever. */
void catch_signals(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
	};

	if (interrupt_pipe[0] < 0 && pipe2(interrupt_pipe, O_CLOEXEC | O_NONBLOCK))
		return;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int wait_input(int fd)
{
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = interrupt_fd(), .events = POLLIN },
	};

	while (poll(p, 2, -1) < 0 && errno == EINTR && !was_interrupted)
		;
	return was_interrupted ? -EINTR : 0;
}

bool is_interrupted(void)
{
	return was_interrupted;
}

int interrupt_fd(void)
{
	return interrupt_pipe[0];
}

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

bool has_terminal(void)
{
	return !cli.quiet && !cli.json && isatty(STDERR_FILENO);
}

void draw_bar(const char *text, uint64_t done, uint64_t all)
{
	int i, filled = all ? (int)((double)done / all * BAR_WIDTH) : 0;
	char a[16], b[16];

	fprintf(stderr, "\r%s [", text);
	for (i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %s", human_bytes(a, done));
	if (all)
		fprintf(stderr, " of %s", human_bytes(b, all));
	fputs("\033[K", stderr);
}

static const char *phase_name(enum vfiomig_phase phase)
{
	switch (phase) {
	case VFIOMIG_PHASE_PRE_COPY: return "while the device runs";
	case VFIOMIG_PHASE_STOP_COPY: return "with the device stopped";
	default: return "into the device";
	}
}

void progress_begin(struct progress *p, const char *verb, uint64_t total)
{
	*p = (struct progress){
		.verb = verb, .total = total, .begun_ms = now_ms(), .phase = -1,
	};
}

/* On a terminal not more often than anybody can see; else once a phase. */
static void tell(struct progress *p)
{
	uint64_t now = now_ms();
	char text[80];

	if (!has_terminal()) {
		if (p->phase != (int)p->last.phase)
			note("%s %s", p->verb, phase_name(p->last.phase));
	} else if (now >= p->next_ms || p->phase != (int)p->last.phase) {
		text_cut(text, "%s %s", p->verb, phase_name(p->last.phase));
		draw_bar(text, p->last.bytes, p->total ? p->total :
			 p->last.left ? p->last.bytes + p->last.left : 0);
		p->next_ms = now + BAR_EVERY_MS;
		p->drawn = true;
	}
	p->phase = p->last.phase;
}

int progress_step(void *arg, const struct vfiomig_progress *now)
{
	struct progress *p = arg;

	p->last = *now;
	tell(p);
	return is_interrupted() ? -EINTR : 0;
}

static json_t *outcome_json(const struct progress *p, const char *name,
			    const char *result, const char *error)
{
	json_t *value = json_pack("{s:s, s:s, s:I, s:I, s:I}", "device", name,
				  "result", result,
				  "bytes", (json_int_t)p->last.bytes,
				  "stopped_bytes", (json_int_t)p->last.stopped,
				  "ms", (json_int_t)(now_ms() - p->begun_ms));

	if (error[0])
		json_object_set_new(value, "error", json_string(error));
	return value;
}

/* Errors by which somebody says no, not those of a broken world. */
static bool is_refusal(int error)
{
	switch (-error) {
	case EINVAL: case EBADMSG: case EPROTONOSUPPORT: case EOPNOTSUPP:
	case ENODEV: case ERANGE: case EMSGSIZE: case ENODATA: case ETIME:
		return true;
	default:
		return false;
	}
}

static int outcome_code(int ret)
{
	if (!ret)
		return EXIT_YES;
	if (ret == VFIOMIG_UNCONFIRMED)
		return EXIT_UNCONFIRMED;
	return is_refusal(ret) ? EXIT_NO : EXIT_FAILED;
}

int progress_end(struct progress *p, const char *name, int ret,
		 const char *error)
{
	static const char *const results[] = {
		[EXIT_YES] = "done", [EXIT_NO] = "refused",
		[EXIT_FAILED] = "failed", [EXIT_UNCONFIRMED] = "unconfirmed",
	};
	int code = outcome_code(ret), lost;
	uint64_t ms = now_ms() - p->begun_ms;
	char bytes[16];

	if (p->drawn)
		fputc('\n', stderr);
	if (cli.json) {
		lost = print_json(outcome_json(p, name, results[code],
					       ret ? error : ""));
		return lost && !code ? lost : code;
	}
	if (ret)
		fail("%s: %s %s: %s", name, p->verb, results[code], error);
	else
		note("%s: %s done, %s in %.3f s", name, p->verb,
		     human_bytes(bytes, p->last.bytes), ms / 1e3);
	return code;
}
