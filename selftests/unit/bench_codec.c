// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_codec [MIB]: throughput of the codec, emitting and parsing, as a share
 * of memcpy()'s for the same bytes. Each is the best of several rounds, taken
 * in turn. A few MiB stay in the cache, where memcpy() is at its best; 64, the
 * default, are a state that does not.
 */
#include <stdlib.h>
#include <time.h>
#include "unit.h"

#define ROUNDS	20
#define RECORD	(VMIG_RECORD_LEN + VMIG_CHUNK_MAX)

static u8 record[RECORD];
static u8 payload[VMIG_CHUNK_MAX];
static unsigned int records;
static size_t total;
static u8 *stream;
static u8 *copy;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* As in the kernel: one buffer, from which each record goes to the reader. */
static void emit(void)
{
	struct vmig_emitter e;
	size_t len = vmig_emit_header(&e, stream, 0);
	unsigned int i;

	for (i = 0; i < records; i++) {
		struct vmig_record rec = {
			.tag = VMIG_TAG('B', 'U', 'L', 'K'), .version = 1,
			.instance = i, .length = VMIG_CHUNK_MAX,
		};
		u32 n = vmig_emit_record(&e, record, &rec);

		memcpy(stream + len, record, n);
		len += n;
	}
}

static void parse(void)
{
	size_t len = VMIG_HEADER_LEN + total;
	struct vmig_parser p;
	size_t pos, used;

	vmig_parser_init(&p, payload, 0);
	for (pos = 0; pos < len; pos += used)
		if (vmig_parser_feed(&p, stream + pos, len - pos, &used) < 0)
			abort();
}

static void plain(void)
{
	memcpy(copy, stream, total);
	__asm__ volatile("" : : "r"(copy) : "memory");
}

static void measure(void (*run)(void), double *best)
{
	double began = now(), took;

	run();
	took = now() - began;
	if (took < *best)
		*best = took;
}

int main(int argc, char **argv)
{
	double emitted = 1e9, parsed = 1e9, copied = 1e9;
	int i;

	records = (argc > 1 ? atoi(argv[1]) : 64) * 16;
	total = (size_t)records * RECORD;
	stream = malloc(total + VMIG_HEADER_LEN);
	copy = malloc(total);
	if (!records || !stream || !copy)
		return 1;
	memset(record, 0x5a, sizeof(record));
	for (i = 0; i < ROUNDS; i++) {
		measure(emit, &emitted);
		measure(parse, &parsed);
		measure(plain, &copied);
	}
	printf("# %u MiB\nmemcpy %.2f GB/s\n", records / 16,
	       total / copied / 1e9);
	printf("emit %.2f GB/s, ratio %.2f\n", total / emitted / 1e9,
	       copied / emitted);
	printf("parse %.2f GB/s, ratio %.2f\n", total / parsed / 1e9,
	       copied / parsed);
	printf("codec ratio %.2f\n", copied / (emitted + parsed));
	free(stream);
	free(copy);
	return 0;
}
