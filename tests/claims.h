/* SPDX-License-Identifier: MIT */
/*
 * A libcheck program from a list of claims: each test's name says what it
 * claims, and runs in a process of its own.
 */
#ifndef TESTS_CLAIMS_H
#define TESTS_CLAIMS_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define CLAIMS_RUN(suite, claims)                                              \
	claims_run(suite, claims, sizeof(claims) / sizeof(*(claims)))

/*
 * For a claim about something the kernel must have in the first place.  One that
 * is skipped says so, and is not counted.
 */
static inline const TTest *claim_if(bool has, const char *what,
				    const TTest *claim)
{
	if (!has)
		printf("skipped: %s: this kernel lacks %s\n", claim->name, what);
	/* Before a child inherits it. */
	fflush(stdout);
	return has ? claim : NULL;
}

/* Whether all hold, as an exit status. */
static inline int claims_run(const char *name, const TTest *const *claims,
			     size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < count; i++)
		if (claims[i])
			tcase_add_test(tcase, claims[i]);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
