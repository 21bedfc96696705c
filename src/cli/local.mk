# The command.  It takes the core without the interposer: what it maps itself
# is never emulated.

if COMMAND
bin_PROGRAMS += droppable
endif
droppable_SOURCES = \
	src/cli/attend.c src/cli/attend.h \
	src/cli/check.c \
	src/cli/command.c src/cli/command.h \
	src/cli/elf_file.c src/cli/elf_file.h \
	src/cli/herd.c src/cli/herd.h \
	src/cli/image.c src/cli/image.h \
	src/cli/json.c src/cli/json.h \
	src/cli/library.c src/cli/library.h \
	src/cli/loader.c src/cli/loader.h \
	src/cli/main.c \
	src/cli/peek.c src/cli/peek.h \
	src/cli/preload.c src/cli/preload.h \
	src/cli/probe.c \
	src/cli/program.c src/cli/program.h \
	src/cli/report.c src/cli/report.h \
	src/cli/run.c \
	src/cli/screen.c src/cli/screen.h \
	src/cli/stat.c \
	src/cli/symbol.c src/cli/symbol.h \
	src/cli/target.c src/cli/target.h \
	src/cli/top.c
droppable_CPPFLAGS = $(AM_CPPFLAGS) -DDRP_LIBDIR='"$(libdir)"' $(LIBELF_CFLAGS) \
	$(NCURSES_CFLAGS)
droppable_LDADD = libdrpcore.la $(LIBELF_LIBS) $(NCURSES_LIBS)
