# The tests.  `make check` builds and runs them; programs not linked to the
# library run twice, on the kernel's own MAP_DROPPABLE and on the emulation.

EXTRA_DIST += \
	tests/exported.names \
	tests/layers.sh \
	tests/libc/run \
	tests/run \
	tests/behaviour/cli.sh tests/behaviour/cli_lib.sh \
	tests/behaviour/completion.sh tests/behaviour/stat.sh \
	tests/behaviour/top.sh \
	tests/live/beside.sh \
	tests/live/container.sh \
	tests/live/crossing.sh \
	tests/live/foreign.sh \
	tests/live/heir.sh \
	tests/live/lib.sh \
	tests/live/overfull.sh \
	tests/live/pressure.sh \
	tests/live/quiet.sh \
	tests/live/refill.sh \
	tests/live/selftest.sh \
	tests/live/spent.sh \
	tests/live/steady.sh \
	tests/live/suspended.sh \
	tests/live/swap.sh \
	tests/live/swapleak.sh \
	tests/live/told.sh \
	tests/sim/record.awk \
	tests/sim/record.sh \
	tests/sim/traces \
	tests/vm/init \
	tests/vm/kernels \
	tests/vm/lib.sh \
	tests/vm/promises \
	tests/vm/run \
	tests/vm/table

# Unit tests: linked to the library's inside.
unit_programs = \
	tests/unit/alarm \
	tests/unit/base \
	tests/unit/cgroup \
	tests/unit/cgroup_psi \
	tests/unit/cgroup_v1 \
	tests/unit/cgroup_v2 \
	tests/unit/env \
	tests/unit/guard \
	tests/unit/headroom \
	tests/unit/parse \
	tests/unit/policy \
	tests/unit/reclaim \
	tests/unit/region \
	tests/unit/simulation \
	tests/unit/smaps

# Ordinary programs.
behaviour_programs = \
	tests/behaviour/advice \
	tests/behaviour/bystander \
	tests/behaviour/core_dump \
	tests/behaviour/first \
	tests/behaviour/fork \
	tests/behaviour/limits \
	tests/behaviour/mmap \
	tests/behaviour/raw_fork \
	tests/behaviour/remap

# Programs that call droppable_*(): linked to the library.
api_programs = \
	tests/api/loop \
	tests/api/notify \
	tests/api/outside \
	tests/api/pin \
	tests/api/pin_threads \
	tests/api/stats \
	tests/api/support \
	tests/api/trim

live_programs = \
	tests/live/beside \
	tests/live/burst \
	tests/live/crossing \
	tests/live/foreign \
	tests/live/heir \
	tests/live/overfull \
	tests/live/refill \
	tests/live/selftest \
	tests/live/suspended \
	tests/live/swapleak \
	tests/live/told \
	tests/live/upkeep

tool_programs = \
	tests/tools/incgroup \
	tests/tools/oldkernel

# Those that ./demo runs are built with the rest.
if HAVE_TEST_LIBS
noinst_PROGRAMS += tests/live/burst $(tool_programs)
check_PROGRAMS += $(unit_programs) $(api_programs) $(behaviour_programs) \
	tests/live/beside tests/live/crossing tests/live/foreign \
	tests/live/heir tests/live/overfull tests/live/refill \
	tests/live/selftest tests/live/suspended tests/live/swapleak \
	tests/live/told tests/live/upkeep tests/live/zipf
endif

unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
unit_ldadd = libdrpcore.la $(CHECK_LIBS)

tests_unit_alarm_SOURCES = tests/unit/test_alarm.c tests/claims.h \
	tests/unit/alarms.h
tests_unit_alarm_CFLAGS = $(unit_cflags)
tests_unit_alarm_LDADD = $(unit_ldadd)
tests_unit_base_SOURCES = tests/unit/test_base.c tests/claims.h
tests_unit_base_CFLAGS = $(unit_cflags)
tests_unit_base_LDADD = $(unit_ldadd)
tests_unit_cgroup_SOURCES = tests/unit/test_cgroup.c tests/claims.h
tests_unit_cgroup_CFLAGS = $(unit_cflags)
tests_unit_cgroup_LDADD = $(unit_ldadd)
tests_unit_cgroup_psi_SOURCES = tests/unit/test_cgroup_psi.c \
	tests/claims.h tests/unit/alarms.h
tests_unit_cgroup_psi_CFLAGS = $(unit_cflags)
tests_unit_cgroup_psi_LDADD = $(unit_ldadd)
tests_unit_cgroup_v2_SOURCES = tests/unit/test_cgroup_v2.c \
	tests/claims.h tests/unit/alarms.h
tests_unit_cgroup_v2_CFLAGS = $(unit_cflags)
tests_unit_cgroup_v2_LDADD = $(unit_ldadd)
tests_unit_cgroup_v1_SOURCES = tests/unit/test_cgroup_v1.c \
	tests/claims.h tests/unit/alarms.h
tests_unit_cgroup_v1_CFLAGS = $(unit_cflags)
tests_unit_cgroup_v1_LDADD = $(unit_ldadd)
tests_unit_env_SOURCES = tests/unit/test_env.c tests/claims.h \
	tests/unit/alarms.h
tests_unit_env_CFLAGS = $(unit_cflags)
tests_unit_env_LDADD = $(unit_ldadd)
tests_unit_guard_SOURCES = tests/unit/test_guard.c tests/claims.h
tests_unit_guard_CFLAGS = $(unit_cflags)
tests_unit_guard_LDADD = $(unit_ldadd)
tests_unit_headroom_SOURCES = tests/unit/test_headroom.c
tests_unit_headroom_CFLAGS = $(unit_cflags)
tests_unit_headroom_LDADD = $(unit_ldadd)
tests_unit_parse_SOURCES = tests/unit/test_parse.c tests/claims.h
tests_unit_parse_CFLAGS = $(unit_cflags)
tests_unit_parse_LDADD = $(unit_ldadd)
tests_unit_policy_SOURCES = tests/unit/test_policy.c
tests_unit_policy_CFLAGS = $(unit_cflags)
tests_unit_policy_LDADD = $(unit_ldadd)
tests_unit_reclaim_SOURCES = tests/unit/test_reclaim.c tests/claims.h
tests_unit_reclaim_CFLAGS = $(unit_cflags)
tests_unit_reclaim_LDADD = $(unit_ldadd)
tests_unit_region_SOURCES = tests/unit/test_region.c
tests_unit_region_CFLAGS = $(unit_cflags)
tests_unit_region_LDADD = $(unit_ldadd)
tests_unit_simulation_SOURCES = tests/unit/test_simulation.c tests/claims.h
tests_unit_simulation_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_unit_simulation_CFLAGS = $(unit_cflags)
tests_unit_simulation_LDADD = tests/sim/libsim.a $(unit_ldadd)
tests_unit_smaps_SOURCES = tests/unit/test_smaps.c
tests_unit_smaps_CFLAGS = $(unit_cflags)
tests_unit_smaps_LDADD = $(unit_ldadd)

tests_behaviour_advice_SOURCES = tests/behaviour/advice.c \
	tests/behaviour/droppable_memory.h
tests_behaviour_advice_CFLAGS = $(unit_cflags)
tests_behaviour_advice_LDADD = $(CHECK_LIBS)
tests_behaviour_bystander_SOURCES = tests/behaviour/bystander.c
tests_behaviour_bystander_CFLAGS = $(unit_cflags)
tests_behaviour_bystander_LDADD = $(CHECK_LIBS)
tests_behaviour_core_dump_SOURCES = tests/behaviour/core_dump.c
tests_behaviour_core_dump_CFLAGS = $(unit_cflags)
tests_behaviour_core_dump_LDADD = $(CHECK_LIBS)
tests_behaviour_first_SOURCES = tests/behaviour/first.c
tests_behaviour_first_CFLAGS = $(unit_cflags)
tests_behaviour_first_LDADD = $(CHECK_LIBS)
tests_behaviour_fork_SOURCES = tests/behaviour/fork.c \
	tests/behaviour/child.h
tests_behaviour_fork_CFLAGS = $(unit_cflags)
tests_behaviour_fork_LDADD = $(CHECK_LIBS)
tests_behaviour_limits_SOURCES = tests/behaviour/limits.c
tests_behaviour_limits_CFLAGS = $(unit_cflags)
tests_behaviour_limits_LDADD = $(CHECK_LIBS)
tests_behaviour_mmap_SOURCES = tests/behaviour/mmap.c
tests_behaviour_mmap_CFLAGS = $(unit_cflags)
tests_behaviour_mmap_LDADD = $(CHECK_LIBS)
tests_behaviour_raw_fork_SOURCES = tests/behaviour/raw_fork.c
tests_behaviour_raw_fork_CFLAGS = $(unit_cflags)
tests_behaviour_raw_fork_LDADD = $(CHECK_LIBS)
tests_behaviour_remap_SOURCES = tests/behaviour/remap.c
tests_behaviour_remap_CFLAGS = $(unit_cflags)
tests_behaviour_remap_LDADD = $(CHECK_LIBS)

# The policy in virtual time.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/sim/simulate
endif
check_LIBRARIES = tests/sim/libsim.a
tests_sim_libsim_a_SOURCES = \
	tests/sim/alarm.c tests/sim/alarm.h \
	tests/sim/model.c tests/sim/model.h \
	tests/sim/replay.c tests/sim/replay.h \
	tests/sim/trace.c tests/sim/trace.h \
	tests/sim/walk.c
tests_sim_simulate_SOURCES = tests/sim/simulate.c
tests_sim_simulate_LDADD = tests/sim/libsim.a libdrpcore.la
timeline_sources = tests/live/timeline.c tests/live/timeline.h \
	tests/tools/incgroup_group.c tests/tools/incgroup_group.h \
	tests/tools/size.h
api_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
api_ldadd = libdroppable.la $(CHECK_LIBS) -lpthread

tests_api_loop_SOURCES = tests/api/loop.c tests/claims.h
tests_api_loop_CFLAGS = $(api_cflags)
tests_api_loop_LDADD = $(api_ldadd)
tests_api_notify_SOURCES = tests/api/notify.c tests/claims.h
tests_api_notify_CFLAGS = $(api_cflags)
tests_api_notify_LDADD = $(api_ldadd)
tests_api_outside_SOURCES = tests/api/outside.c tests/claims.h
tests_api_outside_CFLAGS = $(api_cflags)
tests_api_outside_LDADD = $(api_ldadd)
tests_api_stats_SOURCES = tests/api/stats.c tests/claims.h
tests_api_stats_CFLAGS = $(api_cflags)
tests_api_stats_LDADD = $(api_ldadd)
tests_api_support_SOURCES = tests/api/support.c tests/claims.h
tests_api_support_CFLAGS = $(api_cflags)
tests_api_support_LDADD = $(api_ldadd)
tests_api_trim_SOURCES = tests/api/trim.c tests/claims.h
tests_api_trim_CFLAGS = $(api_cflags)
tests_api_trim_LDADD = $(api_ldadd)
tests_api_pin_SOURCES = tests/api/pin.c tests/claims.h
tests_api_pin_CFLAGS = $(api_cflags)
tests_api_pin_LDADD = $(api_ldadd)
tests_api_pin_threads_SOURCES = tests/api/pin_threads.c tests/claims.h
tests_api_pin_threads_CFLAGS = $(api_cflags)
tests_api_pin_threads_LDADD = $(api_ldadd)

tests_live_burst_SOURCES = tests/live/burst.c \
	tests/live/cache.c tests/live/cache.h \
	tests/live/hog.c tests/live/hog.h $(timeline_sources)
tests_live_beside_SOURCES = tests/live/beside.c
tests_live_crossing_SOURCES = tests/live/crossing.c
tests_live_crossing_LDADD = -lpthread
tests_live_foreign_SOURCES = tests/live/foreign.c
tests_live_foreign_CFLAGS = $(unit_cflags)
tests_live_foreign_LDADD = $(CHECK_LIBS)
tests_live_heir_SOURCES = tests/live/heir.c \
	tests/live/cache.c tests/live/cache.h \
	tests/live/hog.c tests/live/hog.h
tests_live_heir_LDADD = -lpthread
tests_live_overfull_SOURCES = tests/live/overfull.c
tests_live_refill_SOURCES = tests/live/refill.c \
	tests/live/cache.c tests/live/cache.h \
	tests/live/hog.c tests/live/hog.h
tests_live_selftest_SOURCES = tests/live/selftest.c \
	tests/live/cache.c tests/live/cache.h
tests_live_told_SOURCES = tests/live/told.c \
	tests/live/cache.c tests/live/cache.h \
	tests/live/hog.c tests/live/hog.h
tests_live_told_LDADD = libdroppable.la -lpthread
tests_live_upkeep_SOURCES = tests/live/upkeep.c \
	tests/live/cache.c tests/live/cache.h \
	tests/live/watcher.c tests/live/watcher.h tests/tools/size.h
tests_live_suspended_SOURCES = tests/live/suspended.c \
	tests/live/cache.c tests/live/cache.h \
	tests/live/hog.c tests/live/hog.h
tests_live_suspended_LDADD = -lpthread
tests_live_swapleak_SOURCES = tests/live/swapleak.c \
	tests/live/cache.c tests/live/cache.h tests/tools/size.h

tests_tools_incgroup_SOURCES = tests/tools/incgroup.c \
	tests/tools/incgroup_group.c tests/tools/incgroup_group.h \
	tests/tools/size.h
tests_tools_oldkernel_SOURCES = tests/tools/oldkernel.c \
	tests/tools/oldkernel_features.c tests/tools/oldkernel_features.h \
	tests/tools/oldkernel_files.c tests/tools/oldkernel_files.h
tests_tools_oldkernel_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_tools_oldkernel_LDADD = $(SECCOMP_LIBS)

# A program or script is a test in each mode it runs in: tests/native/...,
# tests/emulated/... and so on are empty files whose names tests/run takes apart.
TEST_EXTENSIONS = .test .sh
TEST_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	srcdir='$(srcdir)'; export srcdir; \
	DROPPABLE='$(abs_builddir)/droppable'; export DROPPABLE; \
	OLDKERNEL='$(abs_builddir)/tests/tools/oldkernel'; export OLDKERNEL; \
	CC='$(CC)'; export CC;

native_tests = \
	tests/native/api/loop.test \
	tests/native/api/notify.test \
	tests/native/api/outside.test \
	tests/native/api/pin.test \
	tests/native/api/pin_threads.test \
	tests/native/api/stats.test \
	tests/native/api/support.test \
	tests/native/api/trim.test \
	tests/native/behaviour/advice.test \
	tests/native/behaviour/bystander.test \
	tests/native/behaviour/core_dump.test \
	tests/native/behaviour/first.test \
	tests/native/behaviour/fork.test \
	tests/native/behaviour/limits.test \
	tests/native/behaviour/mmap.test \
	tests/native/behaviour/raw_fork.test \
	tests/native/behaviour/remap.test \
	tests/native/live/beside.test \
	tests/native/live/crossing.test \
	tests/native/live/foreign.test \
	tests/native/live/heir.test \
	tests/native/live/overfull.test \
	tests/native/live/pressure.test \
	tests/native/live/quiet.test \
	tests/native/live/refill.test \
	tests/native/live/selftest.test \
	tests/native/live/swapleak.test \
	tests/native/live/told.test
emulated_tests = \
	tests/emulated/api/loop.test \
	tests/emulated/api/notify.test \
	tests/emulated/api/outside.test \
	tests/emulated/api/pin.test \
	tests/emulated/api/pin_threads.test \
	tests/emulated/api/stats.test \
	tests/emulated/api/support.test \
	tests/emulated/api/trim.test \
	tests/emulated/behaviour/advice.test \
	tests/emulated/behaviour/bystander.test \
	tests/emulated/behaviour/core_dump.test \
	tests/emulated/behaviour/first.test \
	tests/emulated/behaviour/fork.test \
	tests/emulated/behaviour/limits.test \
	tests/emulated/behaviour/mmap.test \
	tests/emulated/behaviour/raw_fork.test \
	tests/emulated/behaviour/remap.test \
	tests/emulated/live/beside.test \
	tests/emulated/live/container.test \
	tests/emulated/live/crossing.test \
	tests/emulated/live/foreign.test \
	tests/emulated/live/heir.test \
	tests/emulated/live/overfull.test \
	tests/emulated/live/pressure.test \
	tests/emulated/live/quiet.test \
	tests/emulated/live/refill.test \
	tests/emulated/live/selftest.test \
	tests/emulated/live/spent.test \
	tests/emulated/live/steady.test \
	tests/emulated/live/swapleak.test \
	tests/emulated/live/told.test
# What depends on a feature, without it.
crippled_tests = \
	tests/unwiped/api/notify.test \
	tests/unwiped/api/pin.test \
	tests/unwiped/api/stats.test \
	tests/unwiped/api/support.test \
	tests/unarmed/api/notify.test \
	tests/unarmed/api/pin.test \
	tests/unarmed/api/stats.test \
	tests/unarmed/api/support.test \
	tests/unwiped/behaviour/fork.test \
	tests/unwiped/behaviour/advice.test \
	tests/unlabelled/behaviour/remap.test \
	tests/unlabelled/live/beside.test \
	tests/unlabelled/live/foreign.test \
	tests/unlabelled/live/selftest.test \
	tests/uncooled/behaviour/advice.test \
	tests/unarmed/behaviour/advice.test \
	tests/unarmed/live/foreign.test \
	tests/unarmed/live/selftest.test \
	tests/unarmed/live/told.test
# Without `droppable run`: what is linked needs none.
linked_tests = \
	tests/linked/api/notify.test \
	tests/linked/api/outside.test \
	tests/linked/api/pin.test \
	tests/linked/api/stats.test \
	tests/linked/api/support.test
# What is most likely to be otherwise on an old kernel; for the rest see
# check-profiles.
profile_tests = \
	tests/rhel7/behaviour/advice.test \
	tests/rhel7/behaviour/fork.test \
	tests/rhel7/behaviour/mmap.test \
	tests/debian-9/behaviour/raw_fork.test \
	tests/rhel8/behaviour/remap.test
TESTS += $(unit_programs) $(native_tests) $(emulated_tests) \
	$(crippled_tests) $(linked_tests) $(profile_tests) \
	tests/behaviour/cli.sh tests/behaviour/completion.sh \
	tests/behaviour/stat.sh tests/behaviour/top.sh tests/layers.sh
CLEANFILES += $(native_tests) $(emulated_tests) $(crippled_tests) \
	$(linked_tests) $(profile_tests) $(all_profile_tests)

$(native_tests) $(emulated_tests) $(crippled_tests) $(linked_tests) \
$(profile_tests): Makefile
	@$(MKDIR_P) $(@D) && touch $@

# On demand: `make check-profiles` runs all that makes sense in each profile.
# The walks go where MADV_WIPEONFORK is.  Where memory that is populated cannot be
# armed, neither overfull nor beside holds: see HACKING.md.
profiles = rhel8 ubuntu-20.04 debian-9 4.4 rhel7
in_each_profile = \
	$(patsubst tests/emulated/%,%,$(filter tests/emulated/behaviour/%, \
		$(emulated_tests))) \
	oracle/conformance.test \
	live/foreign.test live/pressure.test live/selftest.test \
	live/swapleak.test
all_profile_tests = \
	$(foreach profile,$(profiles), \
		$(addprefix tests/$(profile)/,$(in_each_profile))) \
	$(foreach profile,rhel8 ubuntu-20.04, \
		tests/$(profile)/oracle/differential.test) \
	$(foreach profile,rhel8 ubuntu-20.04 debian-9, \
		tests/$(profile)/live/beside.test \
		tests/$(profile)/live/overfull.test)

# Made by the recipe: there must be no rule for those that are in TESTS, too.
check-profiles:
	@for test in $(all_profile_tests); do \
		$(MKDIR_P) `dirname $$test` && touch $$test || exit 1; \
	done
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(strip $(all_profile_tests))'

# What another libc is to be tried with: no memory is limited.
check-libc:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(strip $(unit_programs) \
		$(filter tests/native/behaviour/%,$(native_tests)) \
		$(filter tests/emulated/behaviour/%,$(emulated_tests)) \
		tests/oracle/conformance.sh tests/oracle/differential.sh)'

# Both set the machine's core_pattern.
tests/emulated/behaviour/core_dump.log: tests/native/behaviour/core_dump.log
# Each measures what memory is left to it.
tests/emulated/live/pressure.log: tests/native/live/pressure.log
# What others do to memory is what this must not see.
tests/emulated/live/quiet.log: tests/native/live/quiet.log

# Their names, for the guests of tests/vm.
list-tests:
	@printf '%s\n' $(TESTS)
.PHONY: list-tests

# The kernel as the oracle: what it does, beside what the emulation does.
EXTRA_DIST += \
	tests/oracle/aside.sh \
	tests/oracle/conformance.native \
	tests/oracle/conformance.native32 \
	tests/oracle/conformance.sh \
	tests/oracle/deviations \
	tests/oracle/differential.native \
	tests/oracle/differential.sh \
	tests/oracle/lib.sh \
	tests/oracle/sanitized.sh
oracle_programs = tests/oracle/conformance tests/oracle/differential
if HAVE_TEST_LIBS
check_PROGRAMS += $(oracle_programs)
endif
tests_oracle_conformance_SOURCES = \
	tests/oracle/arena.c tests/oracle/arena.h \
	tests/oracle/case.h \
	tests/oracle/conformance.c \
	tests/oracle/doors.c tests/oracle/doors.h \
	tests/oracle/family.c tests/oracle/family.h \
	tests/oracle/layout.c tests/oracle/layout.h \
	tests/oracle/limits.c tests/oracle/limits.h \
	tests/oracle/needs.c \
	tests/oracle/pidfds.c tests/oracle/pidfds.h \
	tests/oracle/cases/advice.c \
	tests/oracle/cases/facility.c \
	tests/oracle/cases/guarded.c \
	tests/oracle/cases/io.c \
	tests/oracle/cases/limit.c \
	tests/oracle/cases/lock.c \
	tests/oracle/cases/lockall.c \
	tests/oracle/cases/locklimit.c \
	tests/oracle/cases/map.c \
	tests/oracle/cases/marks.c \
	tests/oracle/cases/paging.c \
	tests/oracle/cases/pidfd.c \
	tests/oracle/cases/process.c \
	tests/oracle/cases/remap.c \
	tests/oracle/cases/sharing.c \
	tests/oracle/cases/thread.c \
	tests/oracle/cases/userfault.c \
	tests/oracle/cases/vector.c
tests_oracle_conformance_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_oracle_conformance_LDADD = -lpthread
tests_oracle_differential_SOURCES = \
	tests/oracle/arena.c tests/oracle/arena.h \
	tests/oracle/differential.c \
	tests/oracle/doors.c tests/oracle/doors.h \
	tests/oracle/steps.c tests/oracle/steps.h \
	tests/oracle/steps_advice.c \
	tests/oracle/steps_map.c \
	tests/oracle/steps_use.c \
	tests/oracle/walk.c tests/oracle/walk.h
tests_oracle_differential_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
tests_oracle_differential_LDADD = -lpthread
TESTS += tests/oracle/aside.sh tests/oracle/conformance.sh \
	tests/oracle/differential.sh

# Record what the kernel's own says, on a kernel that has it.
renew-oracle: $(oracle_programs) tests/live/burst
	srcdir='$(srcdir)' $(SHELL) $(srcdir)/tests/oracle/conformance.sh --renew
	srcdir='$(srcdir)' $(SHELL) $(srcdir)/tests/oracle/differential.sh --renew

# On demand: `make fuzz SEEDS="FIRST COUNT STEPS"` looks for more differences.
fuzz: all $(oracle_programs) tests/tools/oldkernel tests/live/burst
	srcdir='$(srcdir)' $(SHELL) $(srcdir)/tests/oracle/differential.sh $(SEEDS)

# On demand: `make bench` measures.
EXTRA_DIST += \
	doc/pressure.md \
	doc/pressure.svg \
	tests/bench/bins.awk \
	tests/bench/json.awk \
	tests/bench/ordinary.sh \
	tests/bench/pressure.awk \
	tests/bench/pressure.gnuplot \
	tests/bench/pressure.sh
EXTRA_PROGRAMS = tests/bench/ordinary
tests_bench_ordinary_SOURCES = tests/bench/ordinary.c
tests_live_zipf_SOURCES = tests/live/zipf.c \
	tests/live/wave.c tests/live/wave.h \
	tests/live/cache.c tests/live/cache.h \
	tests/live/hog.c tests/live/hog.h $(timeline_sources)
tests_live_zipf_LDADD = -lm -lpthread
CLEANFILES += $(EXTRA_PROGRAMS) pressure.json

bench: all tests/bench/ordinary$(EXEEXT)
	$(SHELL) $(srcdir)/tests/bench/ordinary.sh

# The library beside the kernel's own.  Five runs take some minutes.
RUNS = 5
SECONDS = 5
bench-pressure: all $(tool_programs) tests/live/burst tests/live/swapleak \
		tests/live/zipf
	DOC='$(DOC)' $(SHELL) $(srcdir)/tests/bench/pressure.sh \
		'$(RUNS)' '$(SECONDS)'
.PHONY: bench bench-pressure check-libc check-profiles fuzz renew-oracle
