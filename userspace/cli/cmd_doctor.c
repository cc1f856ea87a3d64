// SPDX-License-Identifier: LGPL-2.1-or-later
/* vfio-mig doctor: what will be refused, and what to do. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"
#include "doctor.h"
#include "domain.h"
#include "drivers.h"
#include "facts.h"
#include "fingerprint.h"
#include "opts.h"

void found_do(struct doctor *d, enum finding which, const struct object *o,
	      const char *todo, const char *fmt, ...)
{
	const struct finding_text *text = &finding_texts[which];
	char *what = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = NULL;
	va_end(args);
	if (text->severity > d->worst)
		d->worst = text->severity;
	json_array_append_new(d->findings,
			      json_pack("{s:s, s:s, s:s*, s:s, s:s, s:s}",
					"id", text->id, "severity",
					severity_names[text->severity],
					"device", o ? o->name : NULL,
					"what", what ? what : "", "means",
					text->means, "do",
					todo ? todo : text->todo));
	free(what);
}

static const char *text_of(const json_t *finding, const char *key)
{
	const char *text = json_string_value(json_object_get(finding, key));

	return text ? text : "";
}

static void print_findings(const struct doctor *d)
{
	json_t *finding;
	size_t i;

	json_array_foreach(d->findings, i, finding) {
		if (cli.quiet && !strcmp(text_of(finding, "severity"), "note"))
			continue;
		printf("%s %s: %s%s%s\n", text_of(finding, "severity"),
		       text_of(finding, "id"),
		       plain(text_of(finding, "device")),
		       *text_of(finding, "device") ? ": " : "",
		       plain(text_of(finding, "what")));
		printf("    why: %s\n    do: %s\n", text_of(finding, "means"),
		       plain(text_of(finding, "do")));
	}
	if (!json_array_size(d->findings))
		printf("nothing found: %d devices examined\n", d->devices);
}

static int report(struct doctor *d)
{
	int ret = EXIT_YES;

	if (cli.json)
		ret = print_json(json_pack("{s:b, s:i, s:O}", "ok",
					   d->devices &&
					   d->worst == SEVERITY_NOTE, "devices",
					   d->devices, "findings",
					   d->findings));
	else
		print_findings(d);
	if (ret)
		return ret;
	if (!d->devices)
		return EXIT_NOTHING;
	return d->worst == SEVERITY_NOTE ? EXIT_YES : EXIT_NO;
}

/* Objects are collected first: what is to be said depends on how many. */
struct patients {
	struct object *list;
	int count;
};

static int add_patient(void *arg, const struct object *o)
{
	struct patients *p = arg;
	struct object *list;

	list = realloc(p->list, (p->count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	p->list = list;
	list[p->count++] = *o;
	return 0;
}

static int find_patients(struct patients *p, const json_t *domain, char **names,
			 int count)
{
	struct object o;
	int i;

	if (domain)
		return domain_devices(domain, add_patient, p);
	if (!count)
		return candidates_each(add_patient, p);
	for (i = 0; i < count; i++) {
		if (host_find(names[i], OBJECT_ALL, &o)) {
			fail("there is no device %s", names[i]);
			return -ENODEV;
		}
		if (add_patient(p, &o))
			return -ENOMEM;
	}
	return 0;
}

static void examine(struct doctor *d, const struct patients *p,
		    const json_t *domain)
{
	int i;

	d->devices = p->count;
	/* What is not on this host has been told of, and counts. */
	if (domain)
		d->devices = json_array_size(json_object_get(domain, "devices")) +
			     json_array_size(json_object_get(domain,
							     "other_hostdevs"));
	if (!d->devices)
		found(d, NO_CANDIDATES, NULL, domain ?
		      "the domain has no device of the host" :
		      "no device and no type");
	examine_host(d);
	if (domain)
		examine_domain(d, domain);
	for (i = 0; i < p->count; i++) {
		examine_binding(d, &p->list[i]);
		if (p->list[i].kind != OBJECT_TYPE)
			examine_device(d, &p->list[i]);
	}
}

static int act(const char *peer, const char *guest, char **names, int count)
{
	struct doctor d = { .findings = json_array(), .groups = json_object(),
			    .drivers = json_object() };
	struct patients p = { 0 };
	json_t *domain = NULL;
	int ret = EXIT_FAILED;

	if (guest) {
		domain = domain_load(guest);
		if (!domain)
			goto out;
	}
	if (peer) {
		d.peer = fingerprint_load(peer);
		if (!d.peer)
			goto out;
	}
	ret = find_patients(&p, domain, names, count);
	if (ret < 0) {
		ret = ret == -ENODEV ? EXIT_FAILED : fail("%s", strerror(-ret));
		goto out;
	}
	d.kconfig = kconfig_load();
	examine(&d, &p, domain);
	ret = report(&d);
out:
	free(p.list);
	json_decref(d.findings);
	json_decref(d.groups);
	json_decref(d.drivers);
	json_decref(d.kconfig);
	json_decref(d.peer);
	json_decref(domain);
	return ret;
}

static int run(int argc, char **argv)
{
	const char *peer = NULL, *domain = NULL;
	const struct opt table[] = {
		{ .name = "--peer", .text = &peer },
		{ .name = "--domain", .text = &domain },
		{ NULL }
	};

	/* A dump is of one device. */
	if (!opts_take(&argc, argv, table) || (peer && argc != 2) ||
	    (domain && argc != 1))
		return usage(&cmd_doctor);
	return act(peer, domain, argv + 1, argc - 1);
}

const struct command cmd_doctor = {
	.name = "doctor",
	.usage = "[DEVICE|TYPE...] | DEVICE --peer FILE | --domain XML\n"
		 "  DEVICE  without one: all of this host that could migrate, also what is on\n"
		 "          no VFIO driver yet; exit code 5 if there is nothing\n"
		 "  --domain  what \"virsh dumpxml\" prints of a guest: its devices, and what\n"
		 "          its migration will meet\n"
		 "  --peer  dump of the other host's device, by fingerprint\n"
		 "A device that is free is opened, which resets it",
	.help = "names what QEMU, libvirt or Nova would refuse, and what to do",
	.run = run,
};
