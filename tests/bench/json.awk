# SPDX-License-Identifier: MIT
#
# Lines of NAME=VALUE words as a JSON list of objects.

function quoted(word)
{
	return word ~ /^-?[0-9]+(\.[0-9]+)?$/ ? word : "\"" word "\""
}

BEGIN { printf "[" }

{
	printf "%s\n{", (NR > 1 ? "," : "")
	for (i = 1; i <= NF; i++) {
		at = index($i, "=")
		printf "%s\"%s\": %s", (i > 1 ? ", " : ""), \
			substr($i, 1, at - 1), quoted(substr($i, at + 1))
	}
	printf "}"
}

END { print "\n]" }
