// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "run.h"

/* No single call may take as long, whatever else the machine does. */
#define STUCK_SECONDS	60

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static time_t deadline;
static struct run *faulting;

/* Counts one execution; false when there have been enough. */
bool run_goes_on(struct run *run)
{
	unsigned long n = __atomic_add_fetch(&run->report->executions, 1,
					     __ATOMIC_RELAXED);

	if (run->count && n > run->count) {
		__atomic_sub_fetch(&run->report->executions, 1,
				   __ATOMIC_RELAXED);
		return false;
	}
	return !run->seconds || now() < deadline;
}

void run_doing(struct run *run, unsigned int thread, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->report->doing[thread % RUN_THREADS], RUN_DOING, fmt,
		  args);
	va_end(args);
}

/* A promise that was not kept ends the run; the first one is told. */
void run_broken(struct run *run, const char *fmt, ...)
{
	static int once;
	va_list args;

	if (__atomic_exchange_n(&once, 1, __ATOMIC_RELAXED))
		pause();
	va_start(args, fmt);
	vsnprintf(run->report->broken, sizeof(run->report->broken), fmt, args);
	va_end(args);
	_exit(1);
}

/* Where, and what lies there: the fuzzer's own fault, or the device's memory. */
static void tell_fault(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	snprintf(faulting->report->broken, sizeof(faulting->report->broken),
		 "signal %d, code %d, address %p, at %#llx", sig, info->si_code,
		 info->si_addr, (unsigned long long)uc->uc_mcontext.gregs[REG_RIP]);
	signal(sig, SIG_DFL);
}

static void catch_faults(struct run *run)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	struct sigaction act = {
		.sa_sigaction = tell_fault, .sa_flags = SA_SIGINFO,
	};
	size_t i;

	faulting = run;
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &act, NULL);
}

static void usage(const char *name)
{
	fprintf(stderr, "%s [-s SEED] [-n COUNT] [-t SECONDS] [-j THREADS] [-c COVERAGE]\n",
		name);
	exit(2);
}

static void parse_options(struct run *run, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:n:t:j:c:")) != -1)
		switch (opt) {
		case 's':
			run->seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			run->count = strtoul(optarg, NULL, 0);
			break;
		case 't':
			run->seconds = strtoul(optarg, NULL, 0);
			break;
		case 'j':
			run->threads = strtoul(optarg, NULL, 0);
			break;
		case 'c':
			run->coverage = optarg;
			break;
		default:
			usage(argv[0]);
		}
	if (run->threads < 1 || run->threads > RUN_THREADS)
		usage(argv[0]);
	if (!run->count && !run->seconds)
		run->count = 1000;
}

static void write_coverage(const struct run *run)
{
	const struct kcov_set *seen = &run->report->seen;
	FILE *f = run->coverage ? fopen(run->coverage, "w") : NULL;
	unsigned int i;

	for (i = 0; f && i < KCOV_PLACES; i++)
		if (seen->pc[i])
			fprintf(f, "%#llx\n", (unsigned long long)seen->pc[i]);
	if (f)
		fclose(f);
}

/* The child's end: its status, or -ETIME when it stands still. */
static int follow(const struct run *run, pid_t pid)
{
	unsigned long last = 0;
	sigset_t set;
	time_t since = now();
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		struct timespec second = { .tv_sec = 1 };
		unsigned long n = __atomic_load_n(&run->report->executions,
						  __ATOMIC_RELAXED);

		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (n != last)
			since = now();
		last = n;
		if (now() - since > STUCK_SECONDS)
			return -ETIME;
		sigtimedwait(&set, NULL, &second);
	}
}

static void complain(const struct run *run, int status)
{
	unsigned int i;

	if (run->report->broken[0])
		printf("# broken: %s\n", run->report->broken);
	if (status == -ETIME)
		printf("# no call came back for %d s\n", STUCK_SECONDS);
	else if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
	for (i = 0; i < run->threads; i++)
		printf("# execution %lu, seed %llu, thread %u: %s\n",
		       run->report->executions, (unsigned long long)run->seed,
		       i, run->report->doing[i]);
}

/* Fuzzes in a child, and tells how it went: one line of TAP. */
int run_fuzzer(const char *name, int argc, char **argv,
	       void (*body)(struct run *run))
{
	struct run run = { .seed = 1, .threads = 1 };
	time_t began = now();
	sigset_t set;
	int status;
	pid_t pid;

	parse_options(&run, argc, argv);
	run.report = mmap(NULL, sizeof(*run.report), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.report == MAP_FAILED)
		return 1;
	deadline = began + run.seconds;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (!pid) {
		catch_faults(&run);
		body(&run);
		_exit(0);
	}
	status = pid < 0 ? -errno : follow(&run, pid);
	if (status == -ETIME)
		kill(pid, SIGKILL);
	printf("%sok 1 - %s: %lu executions, %lu as asked, %ld s, seed %llu, %u threads\n",
	       status ? "not " : "", name, run.report->executions,
	       run.report->good, (long)(now() - began),
	       (unsigned long long)run.seed, run.threads);
	if (status)
		complain(&run, status);
	printf("1..1\n");
	write_coverage(&run);
	return !!status;
}
