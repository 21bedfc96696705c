# What users copy; the tests build and run it as they would.
EXTRA_DIST += \
	examples/CMakeLists.txt \
	examples/README.md \
	examples/blocks.c \
	examples/lru.c \
	examples/meson.build \
	examples/mmap_cache.py \
	examples/sqlite.c \
	examples/sqlite_pcache.c \
	examples/sqlite_pcache.h \
	tests/examples/blocks.sh \
	tests/examples/consumers.sh \
	tests/examples/lib.sh \
	tests/examples/lru.sh \
	tests/examples/python.sh \
	tests/examples/sqlite.sh
example_tests = \
	tests/examples/blocks.sh \
	tests/examples/consumers.sh \
	tests/examples/lru.sh \
	tests/examples/python.sh \
	tests/examples/sqlite.sh
TESTS += $(example_tests)

check-examples:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(example_tests)'
.PHONY: check-examples
