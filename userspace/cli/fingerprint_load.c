// SPDX-License-Identifier: LGPL-2.1-or-later
/* Dumps from files: whole and sensible, or refused. */
#include <stdlib.h>
#include <string.h>
#include "fingerprint.h"
#include "input.h"
#include "pci_config.h"

/* More regions or interrupts no device has. */
#define NAMED_MAX 1024

/* Bytes with a size of their own, in rows. */
static bool is_space(const json_t *space, size_t min, size_t max)
{
	const json_t *size = json_object_get(space, "size");
	json_int_t n = json_integer_value(size);
	uint8_t *bytes;
	bool sound;

	if (!json_is_integer(size) || n < (json_int_t)min || n > (json_int_t)max)
		return false;
	bytes = malloc(n);
	sound = bytes && rows_to(json_object_get(space, "rows"), bytes, n);
	free(bytes);
	return sound;
}

/* Places of words that move: within the space, and not more than it has. */
static bool is_moving_list(const json_t *space)
{
	const json_t *moving = json_object_get(space, "moving");
	json_int_t size = json_integer_value(json_object_get(space, "size"));
	json_t *item;
	size_t i;

	if (!moving)
		return true;
	if (!json_is_array(moving) || json_array_size(moving) > (size_t)size / 4)
		return false;
	json_array_foreach((json_t *)moving, i, item)
		if (!json_is_integer(item) || json_integer_value(item) < 0 ||
		    json_integer_value(item) >= size)
			return false;
	return true;
}

static bool is_registers(const json_t *registers)
{
	const char *name;
	json_t *space;

	if (!json_is_object(registers))
		return false;
	json_object_foreach((json_t *)registers, name, space)
		if (!is_space(space, 4, SPACE_MAX) || !is_moving_list(space))
			return false;
	return true;
}

/* A list of objects with names, each once. */
static bool is_named_list(const json_t *list)
{
	const char *name;
	json_t *item, *seen;
	bool sound = json_is_array(list) && json_array_size(list) <= NAMED_MAX;
	size_t i;

	if (!sound)
		return false;
	seen = json_object();
	json_array_foreach((json_t *)list, i, item) {
		name = json_string_value(json_object_get(item, "name"));
		if (!name || json_object_get(seen, name) ||
		    json_object_set_new(seen, name, json_true()))
			sound = false;
		if (!sound)
			break;
	}
	json_decref(seen);
	return sound;
}

/* The first part that makes no sense, or NULL. A part may be missing. */
static const char *wrong_part(const json_t *dump)
{
	const json_t *config = json_object_get(dump, "config");
	const json_t *registers = json_object_get(dump, "registers");
	const json_t *regions = json_object_get(dump, "regions");
	const json_t *irqs = json_object_get(dump, "irqs");

	if (config && !is_space(config, 64, CONFIG_MAX))
		return "config";
	if (registers && !is_registers(registers))
		return "registers";
	if (regions && !is_named_list(regions))
		return "regions";
	return irqs && !is_named_list(irqs) ? "irqs" : NULL;
}

static bool is_dump(const json_t *dump)
{
	const char *format = json_string_value(json_object_get(dump, "format"));

	return format && !strcmp(format, FINGERPRINT_FORMAT) &&
	       json_integer_value(json_object_get(dump, "version")) ==
	       FINGERPRINT_VERSION;
}

json_t *fingerprint_load(const char *path)
{
	json_t *dump = input_json(path, false);
	const char *wrong;

	if (!dump)
		return NULL;
	wrong = wrong_part(dump);
	if (is_dump(dump) && !wrong)
		return dump;
	if (!is_dump(dump))
		fail("%s: this is no dump of \"fingerprint\", or a newer one", path);
	else
		fail("%s: \"%s\" of this dump makes no sense", path, wrong);
	json_decref(dump);
	return NULL;
}
