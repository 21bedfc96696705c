/* SPDX-License-Identifier: MIT */
#include "alarm.h"

#include "pressure/psi.h"

/*
 * The triggers of src/pressure/psi.c.  The kernel looks at a privileged one ten
 * times a window while there are stalls, at others every 2 s (kernel/sched/
 * psi.c); either fires once a window at most.  Events come as the latter.
 */
static const struct {
	int64_t window_us;
	uint64_t threshold_us;
	int64_t interval_us;
} triggers[] = {
	[SIM_ALARMS_PSI] = {1000000, 70000, 100000},
	[SIM_ALARMS_SLOW] = {2000000, 150000, 2000000},
	[SIM_ALARMS_EVENTS] = {2000000, 150000, 2000000},
};

/* Stalls in the last window; of the one before, what reaches into it. */
static uint64_t growth_us(struct sim_alarm *alarm, uint64_t some_us,
			  int64_t now_us, int64_t window_us)
{
	uint64_t grown_us = some_us - alarm->window_some_us;
	int64_t left_us = window_us - (now_us - alarm->window_us);

	if (left_us > 0)
		return grown_us + alarm->window_grown_us * (uint64_t)left_us /
					  (uint64_t)window_us;
	alarm->window_us = now_us;
	alarm->window_some_us = some_us;
	alarm->window_grown_us = grown_us;
	return grown_us;
}

bool sim_alarm_fires(struct sim_alarm *alarm, const struct sim_model *model)
{
	uint64_t source = model->set.alarms;
	int64_t now_us = model->now_us;

	if (source == SIM_ALARMS_NONE || now_us < alarm->next_us)
		return false;
	alarm->next_us = now_us + triggers[source].interval_us;
	if (growth_us(alarm, model->some_us, now_us,
		      triggers[source].window_us) <
		    triggers[source].threshold_us ||
	    (alarm->fired_us &&
	     now_us < alarm->fired_us + triggers[source].window_us))
		return false;
	alarm->fired_us = now_us;
	alarm->fired = true;
	return true;
}

enum drp_alarm_level sim_alarm_check(struct sim_alarm *alarm,
				     const struct sim_model *model)
{
	enum drp_alarm_level level = DRP_ALARM_NONE;

	if (model->set.alarms == SIM_ALARMS_EVENTS)
		level = alarm->fired ? DRP_ALARM_SOME : DRP_ALARM_NONE;
	else if (model->set.alarms != SIM_ALARMS_NONE)
		level = drp_psi_judge(model->some_us - alarm->some_us,
				      model->full_us - alarm->full_us,
				      model->now_us - alarm->checked_us);
	alarm->fired = false;
	alarm->checked_us = model->now_us;
	alarm->some_us = model->some_us;
	alarm->full_us = model->full_us;
	return level;
}
