# The tests of what users get: headers, libraries, pages, packages.
EXTRA_DIST += \
	tests/build/header.sh \
	tests/build/host.c \
	tests/build/lib.sh \
	tests/build/link.sh \
	tests/build/pages.awk \
	tests/build/pages.sh \
	tests/build/user.c
TESTS += \
	tests/build/header.sh \
	tests/build/link.sh \
	tests/build/pages.sh
