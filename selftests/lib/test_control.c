// SPDX-License-Identifier: GPL-2.0-only
/* What other threads ask of a call under way, and what a call tells its log. */
#include <pthread.h>
#include <sys/socket.h>
#include "test.h"

#define DEADLINE_MS	60000

/* A call in a thread of its own. */
struct call {
	struct vfiomig *ctx;
	pthread_t thread;
	int pair[2];
	int ret;
	enum vfiomig_outcome outcome;
	int (*run)(struct call *call);
};

static void *call_thread(void *arg)
{
	struct call *call = arg;

	call->ret = call->run(call);
	return NULL;
}

static int save_into_full_socket(struct call *call)
{
	struct vfiomig_save_options options = {
		.size = sizeof(options), .timeout_ms = DEADLINE_MS,
	};
	struct vfiomig_sink sink = {
		.size = sizeof(sink), .flags = VFIOMIG_HAS_FD, .fd = call->pair[0],
	};

	return vfiomig_save(call->ctx, &sink, &options);
}

static int load_from_silence(struct call *call)
{
	struct vfiomig_load_options options = {
		.size = sizeof(options), .timeout_ms = DEADLINE_MS,
	};
	struct vfiomig_source source = {
		.size = sizeof(source), .flags = VFIOMIG_HAS_FD, .fd = call->pair[0],
	};

	return vfiomig_load(call->ctx, &source, &options);
}

static int send_to_silence(struct call *call)
{
	return vfiomig_send(call->ctx, call->pair[0], call->pair[0], NULL,
			    &call->outcome);
}

static int receive_from_silence(struct call *call)
{
	return vfiomig_receive(call->ctx, call->pair[0], call->pair[0], NULL);
}

/* The peer reads a byte when there is one: the call is under way. */
static bool is_called_off(int (*run)(struct call *call), bool speaks, bool early)
{
	struct call call = { .run = run };
	bool good = true;
	struct fake f;
	char byte;

	fake_begin(&f);
	f.initial = 8 << 20;
	call.ctx = open_fake(&f);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, call.pair))
		return false;
	if (early)
		vfiomig_cancel(call.ctx);
	pthread_create(&call.thread, NULL, call_thread, &call);
	if (!early && speaks)
		good = read(call.pair[1], &byte, 1) == 1;
	if (!early)
		vfiomig_cancel(call.ctx);
	/* A peer that hears nothing does not answer a farewell either. */
	if (run == receive_from_silence || run == send_to_silence)
		shutdown(call.pair[1], SHUT_WR);
	pthread_join(call.thread, NULL);
	good = good && EXPECT(call.ret == -ECANCELED, "%d: %s", call.ret,
			      vfiomig_error(call.ctx)) &&
	       f.state == VFIOMIG_STATE_RUNNING && !f.loaded &&
	       call.outcome == VFIOMIG_STAYED && (run != save_into_full_socket ||
						  !f.nr_resets);
	close(call.pair[0]);
	close(call.pair[1]);
	close_fake(&f, call.ctx);
	return good;
}

static bool saving_is_called_off(void)
{
	return is_called_off(save_into_full_socket, true, false) &&
	       is_called_off(save_into_full_socket, true, true);
}

static bool loading_is_called_off(void)
{
	return is_called_off(load_from_silence, false, false) &&
	       is_called_off(load_from_silence, false, true);
}

static bool transports_are_called_off(void)
{
	return is_called_off(send_to_silence, true, false) &&
	       is_called_off(send_to_silence, true, true) &&
	       is_called_off(receive_from_silence, false, false) &&
	       is_called_off(receive_from_silence, false, true);
}

static bool requests_stay_until_cleared(void)
{
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	vfiomig_cancel(ctx);
	vfiomig_cancel(ctx);
	good = vfiomig_save(ctx, &sink, NULL) == -ECANCELED && !f.arcs &&
	       vfiomig_save(ctx, &sink, NULL) == -ECANCELED &&
	       strstr(vfiomig_error(ctx), "called off") &&
	       /* Single steps and states are the caller's own. */
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_PRE_COPY) &&
	       vfiomig_save_step(ctx, &sink, 0, NULL) >= 0 &&
	       !vfiomig_set_state(ctx, VFIOMIG_STATE_RUNNING);
	m.len = 0;
	vfiomig_cancel_clear(ctx);
	vfiomig_cancel_clear(ctx);
	good = good && !vfiomig_save(ctx, &sink, NULL) && fake_stream(m.data, m.len);
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

struct changing {
	struct vfiomig *ctx;
	struct vfiomig_limits limits;
	unsigned int calls;
	int ret;
};

static int change_at_10(void *arg, const struct vfiomig_progress *p)
{
	struct changing *c = arg;

	if (c->calls++ == 10)
		c->ret = vfiomig_change_limits(c->ctx, &c->limits);
	return c->calls > 1000 ? -ELOOP : 0;
}

/* A guest that gets dirty too fast: a limit that is raised lets it stop. */
static bool run_changing(struct vfiomig_limits limits, int wanted)
{
	struct changing c = { .limits = limits, .ret = 1 };
	struct vfiomig_save_options options = {
		.size = sizeof(options), .bandwidth = 1000000, .downtime_ms = 6,
		.progress = change_at_10, .arg = &c,
	};
	struct memory m = { 0 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct fake f;
	bool good;
	int ret;

	fake_begin(&f);
	f.churn = 5000;
	f.piece = 5000;
	c.ctx = open_fake(&f);
	ret = vfiomig_save(c.ctx, &sink, &options);
	good = EXPECT(ret == wanted && !c.ret, "%d, %d: %s", ret, c.ret,
		      vfiomig_error(c.ctx)) &&
	       vfiomig_change_limits(c.ctx, &c.limits) == -ESRCH;
	free(m.data);
	close_fake(&f, c.ctx);
	return good;
}

static bool limits_change_on_the_way(void)
{
	struct vfiomig_limits limits = { .size = sizeof(limits) };
	bool good;

	limits.flags = VFIOMIG_LIMIT_DOWNTIME;
	limits.downtime_ms = 100;
	good = run_changing(limits, 0);
	limits.downtime_ms = 0;
	good = good && run_changing(limits, 0);
	/* Lowered below what can ever be met. */
	limits.downtime_ms = 1;
	good = good && run_changing(limits, -ETIME);
	limits.flags = VFIOMIG_LIMIT_BANDWIDTH;
	limits.bandwidth = 10000000;
	good = good && run_changing(limits, 0);
	/* What is not named does not change. */
	limits.bandwidth = 1000000;
	limits.downtime_ms = 100;
	return good && run_changing(limits, -ELOOP);
}

static bool limits_are_checked(void)
{
	struct vfiomig_limits limits = { .flags = VFIOMIG_LIMIT_DOWNTIME };
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	fake_begin(&f);
	ctx = open_fake(&f);
	good = vfiomig_change_limits(ctx, &limits) == -EINVAL;
	limits.size = sizeof(limits);
	good = good && vfiomig_change_limits(ctx, &limits) == -ESRCH;
	limits.flags = 0;
	good = good && vfiomig_change_limits(ctx, &limits) == -EINVAL;
	limits.flags = 0x8;
	good = good && vfiomig_change_limits(ctx, &limits) == -EINVAL &&
	       !vfiomig_error(ctx)[0];
	close_fake(&f, ctx);
	return good;
}

struct log {
	unsigned int lines[3];
	char all[8192];
};

static void take_line(void *arg, enum vfiomig_log_level level, const char *text)
{
	struct log *log = arg;

	log->lines[level]++;
	snprintf(log->all + strlen(log->all), sizeof(log->all) - strlen(log->all),
		 "%s\n", text);
}

static bool log_of(enum vfiomig_log_level level, struct log *log)
{
	struct memory m = { .fails_at = 1 };
	struct vfiomig_sink sink = memory_sink(&m);
	struct vfiomig *ctx;
	struct fake f;
	bool good;

	memset(log, 0, sizeof(*log));
	fake_begin(&f);
	ctx = open_fake(&f);
	vfiomig_set_log(ctx, level, take_line, log);
	good = vfiomig_save(ctx, &sink, NULL) == -EPIPE &&
	       strstr(log->all, vfiomig_error(ctx));
	vfiomig_set_log(ctx, level, NULL, NULL);
	level = log->lines[VFIOMIG_LOG_ERROR];
	good = good && vfiomig_save(ctx, &sink, NULL) == -EPIPE &&
	       log->lines[VFIOMIG_LOG_ERROR] == (unsigned int)level;
	free(m.data);
	close_fake(&f, ctx);
	return good;
}

static bool log_tells(void)
{
	struct log log;
	bool good = log_of(VFIOMIG_LOG_ERROR, &log) && log.lines[0] == 1 &&
		    !log.lines[1] && !log.lines[2];

	good = good && log_of(VFIOMIG_LOG_INFO, &log) && log.lines[1] &&
	       !log.lines[2] && strstr(log.all, "pre-copy");
	return good && log_of(VFIOMIG_LOG_DEBUG, &log) && log.lines[2] &&
	       strstr(log.all, "RUNNING to PRE_COPY\n") &&
	       EXPECT(strstr(log.all, "PRE_COPY to RUNNING\n"), "%s", log.all);
}

int main(void)
{
	static const struct test tests[] = {
		{ saving_is_called_off, "another thread calls a saving off" },
		{ loading_is_called_off, "another thread calls a loading off" },
		{ transports_are_called_off, "another thread calls sending and receiving off" },
		{ requests_stay_until_cleared, "the request stays until it is cleared" },
		{ limits_change_on_the_way, "limits change on the way" },
		{ limits_are_checked, "limits that make no sense are refused" },
		{ log_tells, "the log tells what its level is for" },
	};

	return run_tests(tests, ARRAY_SIZE(tests));
}
