// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig: finds the subcommand, and takes the options that all of them have. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "commands.h"

struct cli cli = { .sysfs = "/sys" };

static void print_help(FILE *to)
{
	size_t i;

	fprintf(to, "Usage: vfio-mig [OPTIONS] COMMAND [ARGUMENTS]\n\n");
	for (i = 0; commands[i]; i++)
		fprintf(to, "  %-12s %s\n", commands[i]->name,
			commands[i]->help);
	fprintf(to, "\nOptions:\n"
		"  --json       output for programs\n"
		"  --quiet      results only\n"
		"  --sysfs DIR  look at this tree instead of /sys\n"
		"  --help       this, or the usage of COMMAND\n"
		"  --version    version of vfio-mig and of the library\n"
		"\nDevices are PCI addresses, UUIDs of mdevs, or their directories\n"
		"in sysfs. Exit codes: 0 done or yes, 1 no, 2 usage, 3 failed,\n"
		"4 sent but not confirmed. See vfio-mig(1).\n");
}

static void print_usage(FILE *to, const struct command *command)
{
	fprintf(to, "Usage: vfio-mig %s%s%s\n%s.\n", command->name,
		command->usage[0] ? " " : "", command->usage, command->help);
}

int usage(const struct command *command)
{
	print_usage(stderr, command);
	return EXIT_USAGE;
}

/* An error in words, for people; returns the exit code that goes with it. */
int fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("vfio-mig: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	return EXIT_FAILED;
}

/* Something on the way, not the result. */
void note(const char *fmt, ...)
{
	va_list args;

	if (cli.quiet)
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

/* Takes common options out of argv; the rest stays in order, up to "--". */
static int take_options(int argc, char **argv, bool *help)
{
	int from, to = 0;

	for (from = 0; from < argc; from++) {
		if (!strcmp(argv[from], "--"))
			break;
		if (!strcmp(argv[from], "--json"))
			cli.json = true;
		else if (!strcmp(argv[from], "--quiet"))
			cli.quiet = true;
		else if (!strcmp(argv[from], "--help"))
			*help = true;
		else if (!strcmp(argv[from], "--sysfs") && from + 1 < argc)
			cli.sysfs = argv[++from];
		else
			argv[to++] = argv[from];
	}
	while (from < argc)
		argv[to++] = argv[from++];
	argv[to] = NULL;
	return to;
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* A result that nobody could read is none. */
static int run(const struct command *command, int argc, char **argv)
{
	int ret = command->run(argc, argv);

	if ((fflush(stdout) || ferror(stdout)) && ret <= EXIT_NO)
		return fail("the output is lost");
	return ret;
}

int main(int argc, char **argv)
{
	const struct command *command;
	bool help = false;

	argc = take_options(argc - 1, argv + 1, &help);
	argv++;
	if (argc && !strcmp(argv[0], "--version")) {
		printf("vfio-mig %d.%d, libvfiomig %s\n", VFIOMIG_VERSION_MAJOR,
		       VFIOMIG_VERSION_MINOR, vfiomig_version());
		return EXIT_YES;
	}
	if (!argc) {
		print_help(help ? stdout : stderr);
		return help ? EXIT_YES : EXIT_USAGE;
	}
	command = find_command(argv[0]);
	if (!command) {
		fail("there is no command \"%s\"", argv[0]);
		return EXIT_USAGE;
	}
	if (help) {
		print_usage(stdout, command);
		return EXIT_YES;
	}
	return run(command, argc, argv);
}
