/* SPDX-License-Identifier: MIT */
#include "core/support.h"

#include "api/sized.h"
#include "base/export.h"
#include "base/result.h"
#include "droppable.h"

_Static_assert((int)DROPPABLE_PROMISE_SWAP == (int)DRP_PROMISE_SWAP &&
		       (int)DROPPABLE_PROMISE_DROP == (int)DRP_PROMISE_DROP &&
		       (int)DROPPABLE_PROMISE_FORK == (int)DRP_PROMISE_FORK &&
		       (int)DROPPABLE_PROMISE_DUMP == (int)DRP_PROMISE_DUMP &&
		       (int)DROPPABLE_PROMISE_MEMLOCK ==
			       (int)DRP_PROMISE_MEMLOCK &&
		       (int)DROPPABLE_PROMISE_FOREIGN ==
			       (int)DRP_PROMISE_FOREIGN &&
		       (int)DROPPABLE_PROMISE_ALARM == (int)DRP_PROMISE_ALARM,
	       "promises go to the program as they are");
_Static_assert((int)DROPPABLE_HOLDS == (int)DRP_HOLDS &&
		       (int)DROPPABLE_PARTLY == (int)DRP_PARTLY &&
		       (int)DROPPABLE_BROKEN == (int)DRP_BROKEN &&
		       (int)DROPPABLE_UNKNOWN == (int)DRP_UNSURE &&
		       (int)DROPPABLE_MAKER_KERNEL == (int)DRP_MAKER_KERNEL &&
		       (int)DROPPABLE_MAKER_LIBRARY == (int)DRP_MAKER_LIBRARY &&
		       (int)DROPPABLE_MAKER_NOBODY == (int)DRP_MAKER_NOBODY,
	       "and so do verdicts");

DRP_EXPORT int droppable_support(unsigned int promise, unsigned int flags,
				 struct droppable_support *support)
{
	struct drp_promise promises[DRP_PROMISE_COUNT];
	struct droppable_support known = {.size = sizeof(known)};
	struct drp_facts facts;

	if (promise >= DRP_PROMISE_COUNT || flags & ~DROPPABLE_PINNABLE ||
	    drp_sized_check(&support->size))
		return (int)drp_result(-EINVAL);
	drp_support_gather(&facts, flags & DROPPABLE_PINNABLE);
	drp_promise_judge(promises, &facts);
	known.name = promises[promise].name;
	known.text = promises[promise].text;
	known.mechanism = promises[promise].mechanism;
	known.state = (int)promises[promise].verdict;
	known.maker = (int)drp_promise_maker(&facts);
	drp_sized_copy(&support->size, &known.size);
	return 0;
}
