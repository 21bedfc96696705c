# SPDX-License-Identifier: MIT
#
# Draws what burst wrote to its timelines, one picture below the other with the
# same scales, all from the moment the want began.  Set from outside: pages (a
# full cache), mib (the same in MiB), utf8 and color (1 or 0), names and ends
# (lists with | between), width, height.

BEGIN {
	# How the cache was filled is of no interest, that it was full is.
	before_ms = 40
	split(names, name, "|")
	split(ends, end, "|")
	split("▁ ▂ ▃ ▄ ▅ ▆ ▇ █", block, " ")
	cross = utf8 ? "✗" : "X"
}

FNR == 1 { series++ }

$1 == "#" { want[series] = $3; next }

NF >= 2 {
	n = ++samples[series]
	at[series, n] = $1
	resident[series, n] = $2
}

# How much was resident so long after the want began; -1 for the dead.
function value(s, ms,    n)
{
	ms += want[s]
	if (end[s] == "killed" && ms > at[s, samples[s]])
		return -1
	n = place[s] > 0 ? place[s] : 1
	while (n < samples[s] && at[s, n + 1] <= ms)
		n++
	place[s] = n
	return resident[s, n] / pages
}

function cell(level)
{
	if (level <= 0)
		return " "
	if (utf8)
		return block[level > 8 ? 8 : level]
	return level >= 5 ? "#" : "."
}

function paint(text, killed)
{
	if (!color)
		return text
	return (killed ? "\033[31m" : "\033[32m") text "\033[0m"
}

function draw(s,    col, row, line, v, killed, edge, label)
{
	killed = end[s] == "killed"
	edge = width
	for (col = 0; col < width; col++) {
		v = value(s, col * span / (width - 1) - before_ms)
		level[col] = v < 0 ? 0 : int(v * height * 8 + 0.5)
		if (v < 0 && col < edge)
			edge = col
	}
	printf "\n%s%s\n", name[s], killed ? \
		sprintf(": killed after %d ms", lasted[s]) : ""
	for (row = height - 1; row >= 0; row--) {
		line = ""
		for (col = 0; col < width; col++)
			line = line (killed && row == 0 && col == edge ? \
				cross : cell(level[col] - row * 8))
		label = row == 0 ? "0" : ""
		if (row == height - 1)
			label = mib " MiB"
		printf "%8s |%s\n", label, paint(line, killed)
	}
}

END {
	for (s = 1; s <= series; s++) {
		lasted[s] = at[s, samples[s]] - want[s]
		if (lasted[s] > longest)
			longest = lasted[s]
		if (end[s] != "killed" && lasted[s] > longest_life)
			longest_life = lasted[s]
	}
	# Dying can take long, and nothing is to be seen meanwhile.
	if (longest_life > 0 && longest > 2 * longest_life)
		longest = 2 * longest_life
	span = before_ms + longest
	for (s = 1; s <= series; s++)
		draw(s)
	col = span > 0 ? int(before_ms * (width - 1) / span) : 0
	printf "%*s^ 0 ms, the want begins%*s\n", 10 + col, "",
		width - col - 23, sprintf("%d ms", longest)
}
