// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkstream OUT MINOR PART...: a stream, of a virtual GPU with 4 MiB unless the
 * token says otherwise, of these parts in this order. Not by the driver's
 * tables, which are under test, but as Documentation/stream-format.rst has it.
 *
 *   token[=TEXT]  TEXT instead of the token that goes with MINOR
 *   run=OFF:LEN   VRAM with bytes in it; zero=OFF:LEN: without
 *   disp[=ORDER]  registers; ORDER instead of 0x1e1e1e1e
 *   eng[=CMD]     copy engine; CMD instead of 1
 *   short=TAG, late=TAG, unknown=TAG, optional=TAG, vendor=TAG  a record with
 *                 one byte; late: with the flag PRECOPY
 *   fill=TAG:LEN:BYTE  a record of LEN bytes that are all BYTE
 *   lost=TAG      TAG was left behind
 *   noend         nothing more
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vfiomig.h>

#define PAGE	4096

static struct vfiomig_emitter *emitter;
static uint8_t payload[VFIOMIG_RECORD_MAX];
static unsigned int length;

static void put(uint64_t value, int width)
{
	uint64_t le = htole64(value);

	memcpy(payload + length, &le, width);
	length += width;
}

static int emit(const char *tag, uint16_t flags, uint32_t vendor)
{
	struct vfiomig_record r = {
		.size = sizeof(r), .version = 1, .flags = flags, .vendor = vendor,
		.length = length, .payload = payload,
	};

	memcpy(r.tag_bytes, tag, 4);
	length = 0;
	return vfiomig_emit_record(emitter, &r);
}

static int emit_token(const char *text, int minor)
{
	if (text)
		length = sprintf((char *)payload, "%s", text);
	else
		length = sprintf((char *)payload,
				 "vmig1 type=bochs-vgpu stream=1.%d accepts=1.0-1.1 emits=1.0-1.1 eq_vram_mib=4 drv=test x_platform=2026.%d",
				 minor, minor + 1);
	return emit("TOKN", 0, 0);
}

static int emit_run(const char *where, bool zero)
{
	char *end = "";
	unsigned int off = where ? strtoul(where, &end, 0) : 0;
	unsigned int len = *end == ':' ? strtoul(end + 1, NULL, 0) : 0, i;

	put(off, 8);
	put(len, 8);
	for (i = 0; !zero && i < len; i++)
		put(off / PAGE + i * 7 + 1, 1);
	return emit("VRAM", VFIOMIG_RECORD_PRECOPY, 0);
}

static int emit_display(const char *order)
{
	int i;

	for (i = 0; i < 11; i++)
		put(0xb0c0 + i, 2);
	put(order ? strtoul(order, NULL, 0) : 0x1e1e1e1e, 4);
	return emit("DISP", 0, 0);
}

static int emit_engine(const char *command)
{
	put(0x123456789abcull, 8);
	put(0xfedcba9876543210ull, 8);
	put(4096, 4);
	put(command ? strtoul(command, NULL, 0) : 1, 4);
	put(1, 4);
	put(0xffffffff, 4);
	put(1, 4);
	put(1, 1);
	return emit("ENG ", 0, 0);
}

static int emit_byte(const char *tag, uint16_t flags)
{
	put(7, 1);
	return emit(tag, flags, flags & VFIOMIG_RECORD_VENDOR ? 0x1af4 : 0);
}

static int emit_filled(const char *what)
{
	unsigned int len;
	char tag[4];
	int byte;

	if (!what || sscanf(what, "%4c:%u:%i", tag, &len, &byte) != 3 ||
	    len > sizeof(payload))
		return -EINVAL;
	memset(payload, byte, len);
	length = len;
	return emit(tag, 0, 0);
}

static int emit_lost(const char *tag)
{
	memcpy(payload, tag, 4);
	length = 4;
	put(0x1af4, 4);
	return emit("LOST", VFIOMIG_RECORD_OPTIONAL, 0);
}

static int part(const char *name, const char *value, int minor)
{
	const char *tag = value && strlen(value) == 4 ? value : "????";

	if (!strcmp(name, "token"))
		return emit_token(value, minor);
	if (!strcmp(name, "run"))
		return emit_run(value, false);
	if (!strcmp(name, "zero"))
		return emit_run(value, true);
	if (!strcmp(name, "disp"))
		return emit_display(value);
	if (!strcmp(name, "eng"))
		return emit_engine(value);
	if (!strcmp(name, "fill"))
		return emit_filled(value);
	if (!strcmp(name, "short") || !strcmp(name, "unknown"))
		return emit_byte(tag, 0);
	if (!strcmp(name, "late"))
		return emit_byte(tag, VFIOMIG_RECORD_PRECOPY);
	if (!strcmp(name, "optional"))
		return emit_byte(tag, VFIOMIG_RECORD_OPTIONAL);
	if (!strcmp(name, "vendor"))
		return emit_byte(tag, VFIOMIG_RECORD_VENDOR);
	return strcmp(name, "lost") ? -EINVAL : emit_lost(tag);
}

static int emit_all(int argc, char **argv, int minor)
{
	char *equals;
	int i, ret;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "noend"))
			return 0;
		equals = strchr(argv[i], '=');
		if (equals)
			*equals++ = '\0';
		ret = part(argv[i], equals, minor);
		if (ret)
			return ret;
	}
	return vfiomig_emit_end(emitter);
}

int main(int argc, char **argv)
{
	struct vfiomig_sink sink = { .size = sizeof(sink), .flags = VFIOMIG_HAS_FD };
	int ret, minor;

	if (argc < 3)
		return 2;
	minor = atoi(argv[2]);
	sink.fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ret = sink.fd < 0 ? -errno : vfiomig_emit_new(&emitter, minor, &sink);
	if (!ret)
		ret = emit_all(argc - 3, argv + 3, minor);
	if (ret)
		fprintf(stderr, "mkstream: %s\n", strerror(-ret));
	vfiomig_emit_free(emitter);
	if (sink.fd >= 0)
		close(sink.fd);
	return ret ? 1 : 0;
}
