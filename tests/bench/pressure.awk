# SPDX-License-Identifier: MIT
#
# Makes Markdown of the records of pressure.sh, one run a line.  Set from
# outside: kernel, cpus, mglru, cgroup, runs, seconds.

{
	split("", field)
	for (i = 1; i <= NF; i++) {
		at = index($i, "=")
		field[substr($i, 1, at - 1)] = substr($i, at + 1)
	}
	what = field["what"]
	cell = what SUBSEP field["case"]
	if (!(cell in known)) {
		known[cell] = 1
		cases[what] = cases[what] " " field["case"]
	}
	note_run(cell SUBSEP field["way"])
}

function note_run(key,    name)
{
	tried[key]++
	lived[key] += field["status"] == 0
	if (field["status"] != 0)
		return
	for (name in field)
		if (name !~ /^(what|case|way|run|status)$/)
			value[key, name, field["run"]] = field[name]
}

function take(x) { taken[++n_taken] = x }

# Of what was taken; "-" of nothing.
function median(    i, j, x)
{
	for (i = 2; i <= n_taken; i++) {
		x = taken[i]
		for (j = i - 1; j >= 1 && taken[j] > x; j--)
			taken[j + 1] = taken[j]
		taken[j + 1] = x
	}
	x = n_taken ? taken[int((n_taken + 1) / 2)] : "-"
	n_taken = 0
	return x
}

function median_of(key, name,    run)
{
	for (run = 1; run <= runs; run++)
		if ((key, name, run) in value)
			take(value[key, name, run] + 0)
	return median()
}

# The median of the ratios of neighbouring runs.
function ratio_of(key, other, name,    run)
{
	for (run = 1; run <= runs; run++)
		if ((key, name, run) in value && value[other, name, run] > 0)
			take(value[key, name, run] / value[other, name, run])
	return median()
}

function most_of(key, name,    run, most)
{
	for (run = 1; run <= runs; run++)
		if (value[key, name, run] + 0 > most)
			most = value[key, name, run] + 0
	return most + 0
}

function show(x, format) { return x == "-" ? x : sprintf(format, x) }

function survivors(key)
{
	return key in tried ? lived[key] " of " tried[key] : "-"
}

# What a row says where a goal is missed.
function unless(reached, goal)
{
	if (!reached)
		missed = missed (missed ? ", " : "") goal
}

function verdict(    said)
{
	said = missed ? "short of: " missed : "reached"
	missed = ""
	return said
}

function head(    i, names, n, line)
{
	n = split(columns, names, "|")
	for (i = 1; i <= n; i++)
		line = line "|---"
	print "| " columns " |\n" line "|"
}

function burst_row(name,    own, native, part, ratio, kept, most)
{
	own = "burst" SUBSEP name SUBSEP "emulated"
	native = "burst" SUBSEP name SUBSEP "native"
	split(name, part, ",")
	ratio = ratio_of(own, native, "alloc_ms")
	kept = median_of(own, "kept_percent")
	most = median_of(native, "kept_percent")
	unless(lived[own] == tried[own], "survival")
	unless(ratio == "-" || ratio <= 1, "time")
	unless(most == "-" || kept >= most, "kept")
	printf "| %s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", \
		part[1], part[2], part[3] ? part[3] : "no", \
		survivors(native), survivors(own), \
		show(median_of(native, "alloc_ms"), "%.0f"), \
		show(median_of(own, "alloc_ms"), "%.0f"), \
		show(ratio, "%.2f"), show(most, "%.1f"), show(kept, "%.1f"), \
		verdict()
}

function bursts(    i, n, name)
{
	print "\n## A burst\n"
	print "A group of 512 MiB without swap, 300 MiB of cache, and 400 MiB"
	print "more, faulted in at full speed by this or another process, by one"
	print "or more threads, with and without a thread that writes so many"
	print "pages of the cache a second.  Medians; the ratio is that of"
	print "neighbouring runs, emulation by native.  Goals: all survive, in no"
	print "more time, keeping no less.\n"
	columns = "by | threads | rewritten | survived, native | emulated " \
		"| allocation ms, native | emulated | ratio " \
		"| kept %, native | emulated | goals"
	head()
	n = split(cases["burst"], name, " ")
	for (i = 1; i <= n; i++)
		burst_row(name[i])
}

function swap_row(name, way,    key)
{
	key = "swap" SUBSEP name SUBSEP way
	if (!(key in tried))
		return
	unless(lived[key] == tried[key], "survival")
	unless(most_of(key, "cache_swapped") == 0, "no page in swap")
	printf "| %s | %s | %s | %d | %d | %s |\n", name, way, \
		survivors(key), most_of(key, "cache_swapped"), \
		median_of(key, "ordinary_swapped"), \
		way == "emulated" ? verdict() : "-"
	missed = ""
}

function swaps(    i, n, name)
{
	print "\n## Swap\n"
	print "A group of 256 MiB, 160 MiB of cache of which 1 % is written a"
	print "second, and 400 MiB of ordinary memory gone through in circles,"
	print "for " seconds " seconds.  Goal: never a page of the cache in swap.\n"
	columns = "swap | way | survived | most pages of the cache in swap " \
		"| of ordinary memory (median) | goal"
	head()
	n = split(cases["swap"], name, " ")
	for (i = 1; i <= n; i++) {
		swap_row(name[i], "native")
		swap_row(name[i], "emulated")
		if (("swap", name[i], "none") in tried)
			print "| " name[i] " | not to be had here | - | - | - | - |"
	}
}

function lookup_row(work, way, title, goal,    key, own, ratio, hits)
{
	key = "zipf" SUBSEP work SUBSEP way
	own = "zipf" SUBSEP work SUBSEP "emulated"
	if (!(key in tried))
		return
	ratio = ratio_of(own, key, "lookups_per_s")
	hits = ratio_of(own, key, "hit_percent")
	if (goal) {
		unless(ratio != "-" && ratio >= goal, "lookups")
		unless(hits != "-" && hits >= goal, "hits")
	}
	unless(lived[own] == tried[own], "survival")
	printf "| %d | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", \
		work, title, survivors(key), show(median_of(key, "lookups_per_s"), "%.0f"), \
		show(median_of(key, "lookups_per_cpu_s"), "%.0f"), \
		show(median_of(key, "hit_percent"), "%.1f"), \
		show(median_of(key, "other_mib"), "%.0f"), \
		show(ratio, "%.2f"), \
		show(ratio_of(own, key, "lookups_per_cpu_s"), "%.2f"), \
		show(hits, "%.2f"), goal || missed ? verdict() : "-"
	missed = ""
}

function lookups(    i, n, work)
{
	print "\n## A cache in use\n"
	print "A group of 512 MiB without swap, and a server with a cache of 300"
	print "MiB: 76800 objects, asked for by Zipf's law (s = 0.99) for " seconds
	print "seconds.  A request takes 50 microseconds, and more if its object is"
	print "lost and must be made.  Another process's memory goes from 100 to"
	print "480 MiB and back every second.  The third takes ordinary memory,"
	print "looks every millisecond, and gives it all back when 32 MiB are left."
	print "The ratios are those of neighbouring runs, emulation by this one."
	print "Goals: 1 beside native, 1.3 beside the third.\n"
	columns = "microseconds to make one | way | survived | lookups/s | a second of its CPU time " \
		"| hits % | MiB of the other (mean) | ratio of lookups/s " \
		"| of those by CPU time | of hits | goals"
	head()
	n = split(cases["zipf"], work, " ")
	for (i = 1; i <= n; i++) {
		lookup_row(work[i], "native", "native", 1)
		lookup_row(work[i], "emulated", "emulated", 0)
		lookup_row(work[i], "alarm", "drop on alarm", 1.3)
	}
}

END {
	print "# Under pressure\n"
	print "The emulation beside the kernel's own `MAP_DROPPABLE`, run by run in"
	print "turn, as `make bench-pressure RUNS=" runs " SECONDS=" seconds \
		"` wrote it: Linux " kernel ","
	print cpus " CPUs, memory cgroup v" cgroup ", MGLRU " mglru ".\n"
	print "![What is resident, left and dropped over time](pressure.svg)"
	bursts()
	swaps()
	lookups()
}
