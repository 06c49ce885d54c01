#!/usr/bin/env bash
# Runs every fuzz target of the tree for a time such as 60s.
set -euo pipefail
cd "$(dirname "$0")/.."
time=$1
git grep -lE '^func Fuzz[A-Z]' -- '*_test.go' | while read -r file; do
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/^func //' | while read -r target; do
		echo "== $(dirname "$file") $target"
		go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time"
	done
done
