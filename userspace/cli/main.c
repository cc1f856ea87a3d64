// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig: finds the subcommand, and takes the options that all of them have. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <vmig/user.h>
#include <string.h>
#include <sys/stat.h>
#include "cli.h"
#include "commands.h"

struct cli cli = { .sysfs = "/sys" };

/* What went wrong, in words; for --json. */
static json_t *errors;

/* A program that fails a million times is to be told of the first ones. */
#define ERRORS_MAX 1000

static void remember(json_t *text)
{
	if (!errors)
		errors = json_array();
	if (json_array_size(errors) < ERRORS_MAX)
		json_array_append_new(errors, text);
	else
		json_decref(text);
}

json_t *errors_so_far(void)
{
	return errors ? json_incref(errors) : json_array();
}

/* Names in it may come from anywhere: nothing in a line ends or escapes it. */
__attribute__((format(printf, 2, 0)))
static void say(const char *prefix, const char *fmt, va_list args, bool error)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	if (error)
		remember(json_string(text ? plain(text) : "no memory"));
	fprintf(stderr, "%s%s\n", prefix, text ? plain(text) : "no memory");
	free(text);
}

static const char *const exit_texts[] = {
#define EXIT_TEXT(name, code, text) \
	[code] = text,
	EXIT_CODES(EXIT_TEXT)
};

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
		"  --help, -h   this, or the usage of COMMAND; also: help COMMAND\n"
		"  --version    version of vfio-mig and of the library\n"
		"\nDevices are PCI addresses, UUIDs of mdevs, or their directories\n"
		"in sysfs. See vfio-mig(1).\n\nExit codes:\n");
	for (i = 0; i < ARRAY_SIZE(exit_texts); i++)
		fprintf(to, "  %zu  %s\n", i, exit_texts[i]);
}

static void print_usage(FILE *to, const struct command *command)
{
	fprintf(to, "Usage: vfio-mig %s%s%s\n%s.\n", command->name,
		command->usage[0] ? " " : "", command->usage, command->help);
}

int usage(const struct command *command)
{
	remember(json_text("%s: vfio-mig %s %s", __func__, command->name,
			   command->usage));
	print_usage(stderr, command);
	return EXIT_USAGE;
}

/* An error in words, for people; returns the exit code that goes with it. */
int fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("vfio-mig: ", fmt, args, true);
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
	say("", fmt, args, false);
	va_end(args);
}

/* "--sysfs DIR" or "--sysfs=DIR"; @at goes on to what was taken last. */
static bool take_value(char **argv, int argc, int *at, const char *name,
		       const char **value)
{
	size_t n = strlen(name);

	if (strncmp(argv[*at], name, n))
		return false;
	if (argv[*at][n] == '=') {
		*value = argv[*at] + n + 1;
		return true;
	}
	if (argv[*at][n] || *at + 1 >= argc)
		return false;
	*value = argv[++*at];
	return true;
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
		else if (!strcmp(argv[from], "--help") ||
			 !strcmp(argv[from], "-h"))
			*help = true;
		else if (!take_value(argv, argc, &from, "--sysfs", &cli.sysfs))
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
	fail("there is no command \"%s\"", name);
	return NULL;
}

/* A tree that is not there is not one without devices. */
static int check_sysfs(void)
{
	struct stat given, own;

	if (stat(cli.sysfs, &given))
		return fail("%s: %s", cli.sysfs, strerror(errno));
	if (!S_ISDIR(given.st_mode))
		return fail("%s is no directory", cli.sysfs);
	/* By whatever name. */
	if (!stat("/sys", &own) && own.st_dev == given.st_dev &&
	    own.st_ino == given.st_ino)
		cli.sysfs = "/sys";
	return EXIT_YES;
}

static int print_version(void)
{
	if (cli.json)
		return print_json(json_pack("{s:o, s:s}", "vfio-mig",
					    json_text("%d.%d", VFIOMIG_VERSION_MAJOR,
						      VFIOMIG_VERSION_MINOR),
					    "libvfiomig", vfiomig_version()));
	printf("vfio-mig %d.%d, libvfiomig %s\n", VFIOMIG_VERSION_MAJOR,
	       VFIOMIG_VERSION_MINOR, vfiomig_version());
	return EXIT_YES;
}

static int help_on(const char *name)
{
	const struct command *command;

	if (!name) {
		print_help(stdout);
		return EXIT_YES;
	}
	command = find_command(name);
	if (!command)
		return EXIT_USAGE;
	print_usage(stdout, command);
	return EXIT_YES;
}

static int act(int argc, char **argv, bool help)
{
	const struct command *command;
	int ret;

	if (argc && !strcmp(argv[0], "--version"))
		return print_version();
	if (argc && !strcmp(argv[0], "help"))
		return help_on(argv[1]);
	if (help)
		return help_on(argv[0]);
	if (!argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv[0]);
	if (!command)
		return EXIT_USAGE;
	ret = check_sysfs();
	return ret ? ret : command->run(argc, argv);
}

/* A program that reads JSON gets errors as JSON, too, if there is nothing else. */
static void report_errors(int code)
{
	json_t *last;

	if (!cli.json || cli.printed || !json_array_size(errors))
		return;
	last = json_array_get(errors, json_array_size(errors) - 1);
	print_json(json_pack("{s:{s:i, s:O}, s:O}", "error", "exit", code,
			     "text", last, "errors", errors));
}

int main(int argc, char **argv)
{
	bool help = false;
	int ret;

	argc = take_options(argc - 1, argv + 1, &help);
	ret = act(argc, argv + 1, help);
	report_errors(ret);
	/* A result that cannot be read is none. */
	if ((fflush(stdout) || ferror(stdout)) && ret <= EXIT_NO)
		ret = fail("the output is lost");
	json_decref(errors);
	return ret;
}
