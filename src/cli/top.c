/* SPDX-License-Identifier: MIT */
#include <curses.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/command.h"
#include "cli/herd.h"
#include "cli/screen.h"

#define LINE_BYTES 512
#define COLUMNS_OF_A_PIPE 120

struct view {
	struct drp_herd herd;
	enum drp_order order;
	bool backwards;
	bool help;
	double interval;     /* Seconds. */
	unsigned long count; /* Rounds; 0: until it is ended. */
	bool batch;
};

static const struct {
	const char *name;
	enum drp_order order;
} orders[] = {
	{"resident", DRP_ORDER_RESIDENT}, {"armed", DRP_ORDER_ARMED},
	{"dropped", DRP_ORDER_DROPPED},	  {"mapped", DRP_ORDER_MAPPED},
	{"cpu", DRP_ORDER_CPU},		  {"pid", DRP_ORDER_PID},
};

static const char *const help_lines[] = {
	"",
	"  s      sort by the next column",
	"  r      the other way round",
	"  + -    look less often, more often",
	"  space  look now",
	"  h      this, or not",
	"  q      quit",
	"",
	"  Sizes are in MiB: " DRP_SCREEN_LEGEND ".",
	"  Dropped is since the process began, headroom at its last look.",
};

static int take_order(struct view *view)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		if (strcmp(optarg, orders[i].name))
			continue;
		view->order = orders[i].order;
		return 0;
	}
	return drp_command_fail(&drp_command_top,
				"--sort=%s is not resident, armed, dropped, "
				"mapped, cpu or pid",
				optarg);
}

static int parse(struct view *view, bool *help, int argc, char **argv)
{
	static const struct option options[] = {
		{"interval", required_argument, NULL, 'i'},
		{"count", required_argument, NULL, 'c'},
		{"sort", required_argument, NULL, 's'},
		{"batch", no_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	int err = 0;

	while (!err && (option = getopt_long(argc, argv, ":i:c:s:bh", options,
					     NULL)) != -1) {
		if (option == 'i')
			err = drp_command_interval(&drp_command_top,
						   &view->interval);
		else if (option == 'c')
			err = drp_command_count(&drp_command_top, &view->count);
		else if (option == 's')
			err = take_order(view);
		else if (option == 'b')
			view->batch = true;
		else if (option == 'h')
			*help = true;
		else
			err = drp_command_misuse(&drp_command_top, argv,
						 option);
	}
	if (!err && !*help && optind < argc)
		err = drp_command_fail(&drp_command_top,
				       "unexpected argument %s", argv[optind]);
	return err;
}

static int look(struct view *view)
{
	int err = drp_herd_look(&view->herd);

	if (!err)
		drp_screen_sort(&view->herd, view->order, view->backwards);
	return err;
}

static void print_round(struct view *view)
{
	char line[COLUMNS_OF_A_PIPE + 1];

	drp_screen_head(line, sizeof(line), &view->herd);
	puts(line);
	drp_screen_titles(line, sizeof(line), view->order);
	puts(line);
	for (size_t i = 0; i < view->herd.count; i++) {
		drp_screen_row(line, sizeof(line), &view->herd.members[i]);
		puts(line);
	}
	putchar('\n');
}

/* Where there is no terminal: each round as text. */
static int run_batch(struct view *view)
{
	int err = 0;

	for (unsigned long round = 1; !err; round++) {
		err = look(view);
		if (err)
			return drp_command_fail(&drp_command_top, "%s",
						strerror(-err));
		print_round(view);
		err = drp_command_finish(&drp_command_top);
		if (round == view->count)
			break;
		drp_command_sleep(view->interval);
	}
	return err;
}

static void put_line(int row, const char *text)
{
	mvaddnstr(row, 0, text, COLS);
	clrtoeol();
}

static void draw(struct view *view)
{
	char line[LINE_BYTES];
	size_t size = (size_t)COLS + 1 < sizeof(line) ? (size_t)COLS + 1
						      : sizeof(line);
	int row = 0;

	erase();
	drp_screen_head(line, size, &view->herd);
	put_line(row++, line);
	for (size_t i = 0;
	     view->help && i < sizeof(help_lines) / sizeof(*help_lines); i++)
		put_line(row++, help_lines[i]);
	row++;
	drp_screen_titles(line, size, view->order);
	attron(A_REVERSE);
	put_line(row, line);
	mvchgat(row++, 0, -1, A_REVERSE, 0, NULL);
	attroff(A_REVERSE);
	for (size_t i = 0; i < view->herd.count && row < LINES; i++) {
		drp_screen_row(line, size, &view->herd.members[i]);
		put_line(row++, line);
	}
	refresh();
}

enum after_key { STAY, LOOK, QUIT };

static enum after_key obey(struct view *view, int key)
{
	switch (key) {
	case 'q':
		return QUIT;
	case ' ':
		return LOOK;
	case 's':
		view->order = (view->order + 1) % DRP_ORDERS;
		break;
	case 'r':
		view->backwards = !view->backwards;
		break;
	case 'h':
	case '?':
		view->help = !view->help;
		break;
	case '+':
		view->interval *= 2;
		break;
	case '-':
		if (view->interval > 0.1)
			view->interval /= 2;
		break;
	}
	drp_screen_sort(&view->herd, view->order, view->backwards);
	return STAY;
}

/* Keys, until it is time for another look.  False: the end. */
static bool wait_for_keys(struct view *view)
{
	int64_t end_us = drp_now_us() + (int64_t)(view->interval * 1e6);
	int64_t left_us;

	while ((left_us = end_us - drp_now_us()) > 0) {
		int key;

		timeout(left_us > 1000000 ? 1000 : (int)(left_us / 1000) + 1);
		key = getch();
		if (key == ERR)
			continue;
		switch (obey(view, key)) {
		case QUIT:
			return false;
		case LOOK:
			return true;
		case STAY:
			draw(view);
		}
	}
	return true;
}

static int run_screen(struct view *view)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);
	int err = 0;

	if (!screen)
		return run_batch(view);
	cbreak();
	noecho();
	curs_set(0);
	for (unsigned long round = 1; !err; round++) {
		err = look(view);
		if (err)
			break;
		draw(view);
		if (round == view->count || !wait_for_keys(view))
			break;
	}
	endwin();
	delscreen(screen);
	return err ? drp_command_fail(&drp_command_top, "%s", strerror(-err))
		   : 0;
}

static int run(int argc, char **argv)
{
	static struct view view = {.interval = 1};
	bool help = false;
	int err = parse(&view, &help, argc, argv);

	if (err)
		return err;
	if (help)
		return drp_command_help(&drp_command_top);
	err = view.batch || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)
		      ? run_batch(&view)
		      : run_screen(&view);
	drp_herd_free(&view.herd);
	return err;
}

const struct drp_command drp_command_top = {
	.name = "top",
	.summary = "Show all processes that have the library, live",
	.arguments = "[OPTION]...",
	.options = "  -i, --interval=SECONDS  look so often; 1\n"
		   "  -c, --count=COUNT       so many times, then end\n"
		   "  -s, --sort=COLUMN       resident, armed, dropped, "
		   "mapped, cpu or pid\n"
		   "  -b, --batch             print text each time, as where "
		   "there is no terminal\n",
	.run = run,
};
