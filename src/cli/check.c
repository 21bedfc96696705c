/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/image.h"
#include "cli/json.h"
#include "cli/library.h"
#include "cli/preload.h"
#include "cli/program.h"
#include "cli/target.h"

/* Exit codes of its own. */
enum { EXIT_REACHED = 0, EXIT_NOT_REACHED = 1, EXIT_UNSURE = 2 };

struct request {
	const char *library; /* NULL: to be found. */
	bool json;
	bool help;
};

struct report {
	struct drp_target target; /* pid 0: a program. */
	struct drp_program program;
	struct drp_image image;
	bool readable; /* `image` is known. */
	struct drp_preload verdict;
};

static const struct {
	const char *word; /* Of JSON. */
	const char *text;
	const char *colour;
	int code;
} reaches[] = {
	[DRP_REACH_YES] = {"yes", "would be reached", "\033[32m", EXIT_REACHED},
	[DRP_REACH_UNSURE] = {"unsure", "may not be reached", "\033[33m",
			      EXIT_UNSURE},
	[DRP_REACH_NO] = {"no", "would not be reached", "\033[31m",
			  EXIT_NOT_REACHED},
};

static const struct {
	int machine;
	const char *name;
} machines[] = {
	{EM_386, "i386"},	 {EM_X86_64, "x86-64"}, {EM_ARM, "arm"},
	{EM_AARCH64, "aarch64"}, {EM_RISCV, "riscv"},	{EM_PPC64, "ppc64"},
	{EM_S390, "s390"},	 {EM_MIPS, "mips"},
};

/* The loader's name tells; first that is part of it. */
static const struct {
	const char *part;
	const char *name;
} libcs[] = {
	{"/ld-musl-", "musl"}, {"/linker", "bionic"}, {"/ld-linux", "glibc"},
	{"/ld64.so", "glibc"}, {"/ld.so", "glibc"},
};

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"library", required_argument, NULL, 'L'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (option == 'j')
			request->json = true;
		else if (option == 'L')
			request->library = optarg;
		else if (option == 'h')
			request->help = true;
		else
			return drp_command_misuse(&drp_command_check, argv,
						  option);
	}
	if (request->help || optind == argc - 1)
		return 0;
	return drp_command_fail(&drp_command_check,
				optind < argc
					? "one program or process at a time"
					: "no program or process given (see "
					  "droppable check --help)");
}

static int fail(const char *what, int err)
{
	drp_command_fail(&drp_command_check, "%s: %s", what, strerror(-err));
	return err == -ENOENT ? DRP_EXIT_NOT_FOUND : DRP_EXIT_CANNOT_RUN;
}

/* The library that `droppable run` would preload, put there as it would. */
static int take_library(const struct request *request, char library[PATH_MAX])
{
	int err = 0;

	if (request->library)
		err = drp_library_take(library, request->library);
	else
		drp_library_find(library);
	if (!err)
		err = drp_library_preload(library);
	return err ? drp_command_fail(&drp_command_check, "%s: %s", library,
				      strerror(-err))
		   : 0;
}

static int find_subject(struct report *report, const char *name)
{
	pid_t pid = drp_target_parse(name);
	int err;

	if (!pid) {
		err = drp_program_find(&report->program, name);
		return err ? fail(report->program.image, err) : 0;
	}
	err = drp_target_read(&report->target, pid);
	if (err)
		return drp_command_fail(&drp_command_check, "process %d: %s",
					(int)pid, strerror(-err));
	strcpy(report->program.path, report->target.exe);
	strcpy(report->program.image, report->target.exe);
	return 0;
}

/* It is in the process, or in the file, whatever preloading would do. */
static bool is_inside(const struct report *report)
{
	return report->target.loaded ||
	       (report->readable &&
		(report->image.holds || report->image.linked));
}

static void judge(struct report *report, const char *library)
{
	report->readable =
		!drp_image_read(&report->image, report->program.image);
	drp_preload_judge(&report->verdict, report->program.image, library);
	if (is_inside(report))
		report->verdict = (struct drp_preload){.reach = DRP_REACH_YES};
	else if (report->target.pid && report->verdict.reach == DRP_REACH_YES)
		report->verdict = (struct drp_preload){
			DRP_REACH_NO, "it was started without: droppable run "
				      "would have reached it"};
}

static const char *machine_name(const struct report *report)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		if (machines[i].machine == report->image.machine)
			return machines[i].name;
	}
	return "unknown";
}

static const char *libc_name(const struct report *report)
{
	for (size_t i = 0; i < sizeof(libcs) / sizeof(*libcs); i++) {
		if (strstr(report->image.interp, libcs[i].part))
			return libcs[i].name;
	}
	return *report->image.interp ? "unknown" : "none";
}

static const char *presence(const struct report *report)
{
	if (report->target.loaded)
		return report->target.library;
	if (!report->readable)
		return "unknown";
	if (report->image.holds)
		return "inside the program";
	return report->image.linked ? "linked to by the program" : "no";
}

static const char *unreached(const struct report *report)
{
	if (report->readable && !*report->image.interp)
		return report->image.holds ? "system calls made without libc"
					   : "all: it is statically linked";
	if (report->image.go)
		return "all that Go makes itself, without libc";
	return "system calls made without libc";
}

static const char *headline(const struct report *report)
{
	if (is_inside(report))
		return "has the library";
	return report->target.pid ? "does not have the library"
				  : reaches[report->verdict.reach].text;
}

static void print_imports(const struct report *report)
{
	const char *name;
	bool any = false;

	printf("  %-12s", "imports");
	for (size_t bit = 0; (name = drp_image_import_name(bit)); bit++) {
		if (!(report->image.imports >> bit & 1))
			continue;
		printf("%s%s", any ? ", " : "", name);
		any = true;
	}
	puts(any ? "" : "none by name; its libraries may");
}

static void print_text(const struct report *report)
{
	const struct drp_image *image = &report->image;
	bool colour = drp_command_wants_colour();

	printf("%s: %s%s%s\n", report->program.path,
	       colour ? reaches[report->verdict.reach].colour : "",
	       headline(report), colour ? "\033[m" : "");
	if (*report->verdict.reason)
		printf("  %-12s%s\n", "because", report->verdict.reason);
	if (strcmp(report->program.path, report->program.image))
		printf("  %-12s%s\n", "interpreter", report->program.image);
	if (report->readable) {
		printf("  %-12sELF, %d bits, %s, %s\n", "file", image->bits,
		       machine_name(report),
		       *image->interp ? "dynamically linked"
				      : "statically linked");
		if (image->go)
			printf("  %-12sGo\n", "language");
		printf("  %-12s%s\n", "libc", libc_name(report));
		if (*image->interp)
			print_imports(report);
	}
	printf("  %-12s%s\n", "library", presence(report));
	printf("  %-12s%s\n", "not reached", unreached(report));
}

static void print_json_imports(const struct report *report)
{
	const char *name;
	const char *comma = "";

	printf("  \"imports\": [");
	for (size_t bit = 0; (name = drp_image_import_name(bit)); bit++) {
		if (!(report->image.imports >> bit & 1))
			continue;
		printf("%s", comma);
		drp_json_string(name);
		comma = ", ";
	}
	puts("],");
}

static void print_json_image(const struct report *report)
{
	const struct drp_image *image = &report->image;

	printf("  \"bits\": %d,\n  ", image->bits);
	drp_json_member("machine", machine_name(report));
	printf(",\n  \"static\": %s,\n  \"go\": %s,\n  ",
	       *image->interp ? "false" : "true", image->go ? "true" : "false");
	drp_json_member("libc", libc_name(report));
	puts(",");
	print_json_imports(report);
}

static void print_json(const struct report *report)
{
	printf("{\n  ");
	drp_json_member("program", report->program.path);
	printf(",\n  ");
	drp_json_member("image", report->program.image);
	puts(",");
	if (report->target.pid)
		printf("  \"pid\": %d,\n", (int)report->target.pid);
	if (report->readable)
		print_json_image(report);
	printf("  ");
	drp_json_member("library", presence(report));
	printf(",\n  ");
	drp_json_member("not_reached", unreached(report));
	printf(",\n  ");
	drp_json_member("reached", reaches[report->verdict.reach].word);
	printf(",\n  ");
	drp_json_member("reason", report->verdict.reason);
	puts("\n}");
}

static int run(int argc, char **argv)
{
	static struct report report;
	struct request request = {.library = NULL};
	char library[PATH_MAX] = "";
	int err = parse(&request, argc, argv);

	if (err)
		return err;
	if (request.help)
		return drp_command_help(&drp_command_check);
	err = find_subject(&report, argv[optind]);
	if (!err)
		err = take_library(&request, library);
	if (err)
		return err;
	judge(&report, library);
	if (request.json)
		print_json(&report);
	else
		print_text(&report);
	err = drp_command_finish(&drp_command_check);
	return err ? err : reaches[report.verdict.reach].code;
}

const struct drp_command drp_command_check = {
	.name = "check",
	.summary = "Tell whether a program would be reached, or a process is",
	.arguments = "[OPTION]... PROGRAM|PID",
	.options = "  --library=PATH          as if run preloaded this file\n"
		   "  --json                  print for programs\n",
	.run = run,
};
