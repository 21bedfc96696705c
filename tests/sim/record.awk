# SPDX-License-Identifier: MIT
#
# Makes a trace of the samples that record.sh took.  Ordinary memory goes from
# sample to sample at the speed it had.  Droppable memory is filled until there is
# most of it; what goes then is the simulation's to say.  Set from outside: limit
# and cpus.

NR == 1 { start = $1 }

{
	ms[NR] = ($1 - start) * 10
	ordinary[NR] = $2
	droppable[NR] = $3
	if ($3 > most) {
		most = $3
		full = NR
	}
}

function event(at_ms, what, value)
{
	printf "%dms\t%s\t%s\n", at_ms, what, value
}

# KiB a second between two samples.
function speed(kib, from, to)
{
	return int(kib * 1000 / (ms[to] - ms[from]))
}

END {
	event(0, "cpus", cpus)
	event(0, "limit", limit)
	event(0, "map", most "K")
	event(0, "use", most "K")
	event(0, "fill-speed", "0")
	event(0, "want", ordinary[1] "K")
	last = 1
	for (i = 2; i <= NR; i++) {
		if (ms[i] == ms[last])
			continue
		if (i <= full && droppable[i] > droppable[last])
			event(ms[last], "fill-speed",
				speed(droppable[i] - droppable[last], last, i) "K")
		else if (last <= full)
			event(ms[last], "fill-speed", "0")
		if (ordinary[i] > ordinary[last])
			event(ms[last], "want-speed",
				speed(ordinary[i] - ordinary[last], last, i) "K")
		if (ordinary[i] != ordinary[last])
			event(ms[last], "want", ordinary[i] "K")
		last = i
	}
	printf "%dms\tend\n", ms[last] + 1000
}
