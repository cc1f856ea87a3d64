// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's workload: draws a moving bar and a frame counter on every
 * display and prints "tick N" for each frame. Where no driver made a frame
 * buffer it drives the device itself, through its BARs.
 *
 * Commands, one a line, on standard input:
 *   freeze, go   stop drawing and ticking (says "frozen at FRAME" when the
 *                last frame is in VRAM), go on (says "going at FRAME")
 *   fill SEED    write a pattern to the upper half of every VRAM, behind the
 *                driver's back: the picture is in the lower half
 *   check SEED   compare; says "check ok" or "check bad N"
 *   sh COMMAND   run it; says "sh exit N"
 *   reboot, poweroff
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/fb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#define MAX_DISPLAYS	4
#define BAR_HEIGHT	16
#define CELL		8	/* pixels of one dot of a digit */
#define DISPI		0x500	/* offset of the dispi registers in BAR2 */

struct display {
	uint32_t *pixels;
	unsigned int width, height, stride;	/* stride in pixels */
};

static struct display displays[MAX_DISPLAYS];
static unsigned int nr_displays;
static unsigned long frame;
static bool frozen;
static int settling;	/* periods until the last frame is surely shown */

static void *map_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDWR | O_SYNC);
	struct stat st;
	void *map;

	if (fd < 0)
		return NULL;
	if (!*size && !fstat(fd, &st))
		*size = st.st_size;
	map = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static void add_display(void *pixels, unsigned int width, unsigned int height,
			unsigned int stride)
{
	struct display *d = &displays[nr_displays];

	if (!pixels || nr_displays == MAX_DISPLAYS)
		return;
	*d = (struct display){ pixels, width, height, stride };
	printf("draw: display %u %ux%u\n", nr_displays++, width, height);
}

static void add_fb(const char *path)
{
	struct fb_var_screeninfo var;
	struct fb_fix_screeninfo fix;
	int fd = open(path, O_RDWR);
	size_t size;

	if (fd < 0)
		return;
	if (!ioctl(fd, FBIOGET_VSCREENINFO, &var) &&
	    !ioctl(fd, FBIOGET_FSCREENINFO, &fix) && var.bits_per_pixel == 32) {
		/* no console of the kernel's has switched the display on */
		var.activate = FB_ACTIVATE_NOW | FB_ACTIVATE_FORCE;
		if (ioctl(fd, FBIOPUT_VSCREENINFO, &var))
			perror(path);
		size = (size_t)fix.line_length * var.yres;
		add_display(map_file(path, &size), var.xres, var.yres,
			    fix.line_length / 4);
	}
	close(fd);
}

/* A mode that fits in the smallest VRAM: 640x480, 32 bits a pixel. */
static void set_mode(volatile uint16_t *dispi)
{
	dispi[4] = 0;
	dispi[1] = 640;
	dispi[2] = 480;
	dispi[3] = 32;
	dispi[6] = 640;
	dispi[7] = 480;
	dispi[8] = 0;
	dispi[9] = 0;
	dispi[4] = 0x41;
}

static void add_bars(const char *bar0)
{
	char bar2[256];
	size_t size0 = 0, size2 = 0;
	char *regs;

	snprintf(bar2, sizeof(bar2), "%.*s2", (int)strlen(bar0) - 1, bar0);
	regs = map_file(bar2, &size2);
	if (!regs)
		return;
	set_mode((volatile uint16_t *)(regs + DISPI));
	munmap(regs, size2);
	add_display(map_file(bar0, &size0), 640, 480, 640);
}

static bool is_ours(const char *bar0)
{
	char path[256], text[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%.*s/modalias",
		 (int)(strrchr(bar0, '/') - bar0), bar0);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return !strncmp(text, "pci:v00001234d", 14);
}

static void each_device(void (*fn)(const char *bar0))
{
	glob_t g;
	size_t i;

	if (glob("/sys/bus/pci/devices/*/resource0", 0, NULL, &g))
		return;
	for (i = 0; i < g.gl_pathc; i++)
		if (is_ours(g.gl_pathv[i]))
			fn(g.gl_pathv[i]);
	globfree(&g);
}

static void find_displays(void)
{
	char path[] = "/dev/fb0";

	for (; path[7] < '0' + MAX_DISPLAYS; path[7]++)
		add_fb(path);
	if (!nr_displays)
		each_device(add_bars);
}

static void rect(const struct display *d, unsigned int x, unsigned int y,
		 unsigned int w, unsigned int h, uint32_t colour)
{
	unsigned int i, j;

	for (j = y; j < y + h && j < d->height; j++)
		for (i = x; i < x + w && i < d->width; i++)
			d->pixels[j * d->stride + i] = colour;
}

static uint32_t background(unsigned int y)
{
	return 0x102030 + (y * 96 / 1024) * 0x010101;
}

static void paint_background(const struct display *d)
{
	unsigned int y;

	for (y = 0; y < d->height; y++)
		rect(d, 0, y, d->width, 1, background(y));
}

static void draw_digit(const struct display *d, unsigned int x, unsigned int y,
		       unsigned int digit)
{
	/* 3 x 5 dots, the top left one is the highest bit */
	static const uint16_t font[10] = {
		0x7b6f, 0x2c97, 0x73e7, 0x73cf, 0x5bc9,
		0x79cf, 0x79ef, 0x7249, 0x7bef, 0x7bcf,
	};
	unsigned int i;

	for (i = 0; i < 15; i++)
		rect(d, x + i % 3 * CELL, y + i / 3 * CELL, CELL, CELL,
		     font[digit] >> (14 - i) & 1 ? 0xffffff : 0x203040);
}

static void draw_counter(const struct display *d)
{
	char text[24];
	unsigned int i;

	snprintf(text, sizeof(text), "%06lu", frame);
	for (i = 0; text[i]; i++)
		draw_digit(d, 16 + i * 4 * CELL, 16, text[i] - '0');
}

/* Below the counter, so that both stay readable. */
static unsigned int bar_y(const struct display *d, unsigned long n)
{
	unsigned int top = 16 + 6 * CELL;

	return top + n * BAR_HEIGHT % (d->height - top - BAR_HEIGHT);
}

static void draw_frame(const struct display *d)
{
	unsigned int y = frame ? bar_y(d, frame - 1) : 0, i;

	for (i = 0; frame && i < BAR_HEIGHT; i++)
		rect(d, 0, y + i, d->width, 1, background(y + i));
	y = bar_y(d, frame);
	rect(d, 0, y, d->width, BAR_HEIGHT, 0x30a0e0);
	rect(d, frame * 8 % d->width, y, 64, BAR_HEIGHT, 0xf0c020);
	draw_counter(d);
}

static void next_frame(void)
{
	unsigned int i;

	if (frozen && settling && !--settling)
		printf("frozen at %lu\n", frame);
	if (frozen)
		return;
	for (i = 0; i < nr_displays; i++)
		draw_frame(&displays[i]);
	printf("tick %lu\n", frame++);
}

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

static uint64_t seed;
static unsigned long bad;

static void fill(const char *bar0)
{
	size_t size = 0, i;
	uint64_t *map = map_file(bar0, &size), x = seed;

	if (!map)
		return;
	for (i = size / 16; i < size / 8; i++)
		map[i] = next(&x);
	munmap(map, size);
}

static void compare(const char *bar0)
{
	size_t size = 0, i;
	volatile uint64_t *map = map_file(bar0, &size);
	uint64_t x = seed;

	if (!map) {
		bad++;
		return;
	}
	for (i = size / 16; i < size / 8; i++)
		bad += map[i] != next(&x);
	munmap((void *)map, size);
}

static void command(char *line)
{
	line[strcspn(line, "\r\n")] = 0;
	if (!strcmp(line, "freeze")) {
		/* the driver copies what was drawn to VRAM a little later */
		frozen = true;
		settling = 3;
	} else if (!strcmp(line, "go")) {
		frozen = false;
		printf("going at %lu\n", frame);
	} else if (!strncmp(line, "fill ", 5)) {
		/* a generator of this kind stays at 0 when it starts there */
		seed = strtoull(line + 5, NULL, 0) | 1;
		each_device(fill);
		printf("fill ok\n");
	} else if (!strncmp(line, "check ", 6)) {
		seed = strtoull(line + 6, NULL, 0) | 1;
		bad = 0;
		each_device(compare);
		printf(bad ? "check bad %lu\n" : "check ok\n", bad);
	} else if (!strncmp(line, "sh ", 3)) {
		printf("sh exit %d\n", system(line + 3));
	} else if (!strcmp(line, "reboot") || !strcmp(line, "poweroff")) {
		reboot(line[0] == 'r' ? RB_AUTOBOOT : RB_POWER_OFF);
	}
}

/* What is echoed would get between the ticks. */
static void quiet_terminal(void)
{
	struct termios t;

	if (tcgetattr(0, &t))
		return;
	t.c_lflag &= ~ECHO;
	tcsetattr(0, TCSANOW, &t);
}

static int start_timer(int hz)
{
	struct itimerspec t = {};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	t.it_interval.tv_nsec = hz > 1 ? 1000000000 / hz : 999999999;
	t.it_value = t.it_interval;
	if (fd < 0 || timerfd_settime(fd, 0, &t, NULL)) {
		perror("draw: timer");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN },
				 { .events = POLLIN } };
	char line[256];
	uint64_t n;
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	quiet_terminal();
	find_displays();
	for (i = 0; i < nr_displays; i++)
		paint_background(&displays[i]);
	printf("draw: ready, %u displays\n", nr_displays);
	fds[1].fd = start_timer(argc > 1 ? atoi(argv[1]) : 5);
	while (poll(fds, 2, -1) > 0) {
		/* a terminal hands out whole lines */
		ssize_t len = fds[0].revents & POLLIN ?
			      read(0, line, sizeof(line) - 1) : 0;

		if (len > 0) {
			line[len] = 0;
			command(line);
		}
		if (fds[0].revents & ~POLLIN)
			fds[0].fd = -1;
		if (fds[1].revents && read(fds[1].fd, &n, sizeof(n)) > 0)
			next_frame();
	}
	return 1;
}
