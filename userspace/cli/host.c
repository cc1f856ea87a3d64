// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices and types of this host, in sysfs. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"
#include "drivers.h"

/* "" when it is too long, which no file is called. */
const char *join_path(char buf[PATH_MAX], const char *dir, const char *fmt,
		      va_list args)
{
	char *rest = NULL;

	if (vasprintf(&rest, fmt, args) < 0)
		rest = NULL;
	if (!rest || !text_format(buf, PATH_MAX, "%s/%s", dir, rest))
		buf[0] = '\0';
	free(rest);
	return buf;
}

const char *sys_path(char buf[PATH_MAX], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	join_path(buf, cli.sysfs, fmt, args);
	va_end(args);
	return buf;
}

int file_get(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int error;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	error = errno;
	close(fd);
	if (n < 0)
		return -error;
	while (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int fact_get(const char *dir, const char *name, char *buf, size_t len)
{
	char path[PATH_MAX];

	buf[0] = '\0';
	if (!text_set(path, "%s/%s", dir, name))
		return -ENAMETOOLONG;
	return file_get(path, buf, len);
}

int fact_put(const char *dir, const char *name, const char *value)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd, error;

	if (!text_set(path, "%s/%s", dir, name))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	error = errno;
	close(fd);
	return n < 0 ? -error : 0;
}

const char *link_name(const char *dir, const char *name, char *buf, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t n;

	buf[0] = '\0';
	if (!text_set(path, "%s/%s", dir, name))
		return buf;
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return buf;
	target[n] = '\0';
	last = strrchr(target, '/');
	text_format(buf, len, "%s", last ? last + 1 : target);
	return buf;
}

const char *kind_name(enum object_kind kind)
{
	switch (kind) {
	case OBJECT_PCI: return "pci";
	case OBJECT_MDEV: return "mdev";
	default: return "type";
	}
}

/* The directory that an mdev or a type lies in is that of its parent. */
static void set_parent(struct object *o, int levels)
{
	char real[PATH_MAX], *slash;

	if (!realpath(o->dir, real))
		return;
	while (levels--) {
		slash = strrchr(real, '/');
		if (!slash || slash == real)
			return;
		*slash = '\0';
	}
	slash = strrchr(real, '/');
	text_set(o->parent, "%s", slash ? slash + 1 : real);
}

static bool make_object(struct object *o, enum object_kind kind,
			const char *dir, const char *name)
{
	memset(o, 0, sizeof(*o));
	o->kind = kind;
	if (!text_set(o->name, "%s", name) ||
	    !text_set(o->dir, "%s/%s", dir, name) || access(o->dir, F_OK))
		return false;
	link_name(o->dir, "driver", o->driver, sizeof(o->driver));
	if (kind == OBJECT_MDEV)
		set_parent(o, 1);
	if (kind == OBJECT_TYPE)
		set_parent(o, 2);
	return true;
}

static int no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Calls @fn for each entry of a directory; one that is not there is empty. */
static int each_entry(const char *dir,
		      int (*fn)(void *arg, const char *dir, const char *name),
		      void *arg)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, no_dots, versionsort), i, ret = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < n; i++) {
		if (!ret)
			ret = fn(arg, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

struct walk {
	unsigned int kinds;
	enum object_kind kind;
	bool all;		/* also what is not on VFIO */
	int (*fn)(void *arg, const struct object *object);
	void *arg;
};

static int walk_object(void *arg, const char *dir, const char *name)
{
	const struct walk *w = arg;
	struct object o;

	if (!make_object(&o, w->kind, dir, name))
		return 0;
	/* The kernel makes a directory vfio-dev/ in each device that VFIO has. */
	if (o.kind == OBJECT_PCI && !w->all && !is_on_vfio(&o))
		return 0;
	return w->fn(w->arg, &o);
}

static int walk_parent(void *arg, const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (!text_set(path, "%s/%s/mdev_supported_types", dir, name))
		return 0;
	return each_entry(path, walk_object, arg);
}

int host_each(unsigned int kinds,
	      int (*fn)(void *arg, const struct object *object), void *arg)
{
	struct walk w = { .kinds = kinds, .fn = fn, .arg = arg };
	char path[PATH_MAX];
	int ret = 0;

	w.kind = OBJECT_PCI;
	if (kinds & OBJECT_PCI)
		ret = each_entry(sys_path(path, "bus/pci/devices"), walk_object,
				 &w);
	w.kind = OBJECT_MDEV;
	if (!ret && kinds & OBJECT_MDEV)
		ret = each_entry(sys_path(path, "bus/mdev/devices"),
				 walk_object, &w);
	w.kind = OBJECT_TYPE;
	if (!ret && kinds & OBJECT_TYPE)
		ret = each_entry(sys_path(path, "class/mdev_bus"), walk_parent,
				 &w);
	return ret;
}

int host_each_pci(int (*fn)(void *arg, const struct object *object), void *arg)
{
	struct walk w = {
		.kind = OBJECT_PCI, .all = true, .fn = fn, .arg = arg,
	};
	char path[PATH_MAX];

	return each_entry(sys_path(path, "bus/pci/devices"), walk_object, &w);
}

struct search {
	const char *text;
	struct object *found;
	unsigned int count;
};

static int is_wanted(void *arg, const struct object *o)
{
	struct search *s = arg;

	if (!strcmp(o->name, s->text) && !s->count++)
		*s->found = *o;
	return 0;
}

/* Is that the name of the directory itself? */
static bool is_last(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, name);
}

static bool find_by_dir(const char *text, unsigned int kinds, struct object *o)
{
	static const enum object_kind all[] = {
		OBJECT_PCI, OBJECT_MDEV, OBJECT_TYPE,
	};
	char real[PATH_MAX], sub[64], *slash;
	size_t i;

	if (!strchr(text, '/') || !realpath(text, real))
		return false;
	slash = strrchr(real, '/');
	if (!slash || slash == real)
		return false;
	*slash = '\0';
	link_name(text, "subsystem", sub, sizeof(sub));
	for (i = 0; i < 3; i++) {
		if (!(kinds & all[i]))
			continue;
		if (all[i] == OBJECT_TYPE ? !is_last(real, "mdev_supported_types") :
					    strcmp(sub, kind_name(all[i])))
			continue;
		return make_object(o, all[i], real, slash + 1);
	}
	return false;
}

static bool is_hex(const char *text, size_t min, size_t max, const char **end)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	*end = text + n;
	return n >= min && n <= max;
}

/* "0000:65:00.0" or "65:00.0"; domains of VMD have five digits and more. */
bool is_pci_address(const char *text)
{
	const char *p = text;

	if (!is_hex(p, 2, 8, &p) || *p++ != ':' || !is_hex(p, 2, 2, &p))
		return false;
	if (*p == ':' && !is_hex(p + 1, 2, 2, &p))
		return false;
	return *p == '.' && p[1] >= '0' && p[1] <= '7' && !p[2];
}

static bool find_pci(const char *text, struct object *o)
{
	char path[PATH_MAX], full[32], *p;

	if (!is_pci_address(text) ||
	    !text_set(full, "%s%s", strchr(text, ':') == strrchr(text, ':') ?
		      "0000:" : "", text))
		return false;
	/* sysfs has small letters. */
	for (p = full; *p; p++)
		*p = tolower((unsigned char)*p);
	return make_object(o, OBJECT_PCI, sys_path(path, "bus/pci/devices"),
			   full);
}

int host_find(const char *text, unsigned int kinds, struct object *object)
{
	struct search s = { .text = text, .found = object };

	if (find_by_dir(text, kinds, object))
		return 0;
	if (!*text || strchr(text, '/'))
		return -ENODEV;
	if (kinds & OBJECT_PCI && find_pci(text, object))
		return 0;
	host_each(kinds & ~OBJECT_PCI, is_wanted, &s);
	if (s.count > 1)
		note("%u parents have %s, this is that of %s; the others go by their directories",
		     s.count, text, object->parent);
	return s.count ? 0 : -ENODEV;
}

int host_token(const struct object *object, char *token, bool *composed)
{
	int ret = vfiomig_token_read(object->dir, token, VFIOMIG_TOKEN_MAX);
	bool by_us = ret == -ENOTTY;

	if (by_us)
		ret = compose_token(object, token);
	if (composed)
		*composed = by_us && ret >= 0;
	return ret;
}
