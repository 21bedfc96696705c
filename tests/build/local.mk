# The tests of what users get: headers, libraries, pages, packages.
EXTRA_DIST += \
	tests/build/abi.sh \
	tests/build/debian.sh \
	tests/build/dist.sh \
	tests/build/header.sh \
	tests/build/host.c \
	tests/build/lib.sh \
	tests/build/libdroppable.abi \
	tests/build/link.sh \
	tests/build/musl.sh \
	tests/build/pages.awk \
	tests/build/pages.sh \
	tests/build/rpm.sh \
	tests/build/user.c
TESTS += \
	tests/build/abi.sh \
	tests/build/header.sh \
	tests/build/link.sh \
	tests/build/pages.sh

# On demand, and by ./check: `make check-release` makes the tarball, and of it all
# that others make.
release_tests = \
	tests/build/dist.sh \
	tests/build/musl.sh \
	tests/build/debian.sh \
	tests/build/rpm.sh
check-release:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(release_tests)'

# All make the tarball in one place.
tests/build/musl.log: tests/build/dist.log
tests/build/debian.log: tests/build/musl.log
tests/build/rpm.log: tests/build/debian.log

# The interface that later ones are compared with, when one is released.
renew-abi: all
	CC='$(CC)' srcdir='$(srcdir)' $(SHELL) $(srcdir)/tests/build/abi.sh --renew
.PHONY: check-release renew-abi
