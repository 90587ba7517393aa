#!/usr/bin/env bash
# What the action runs. PATHS, EXERCISE, CONFIG, RESULTS, JOBS and PYTHON are its inputs; GITHUB_* are the runner's.
set -u

options=(--results "$RESULTS" --jobs "$JOBS")
[ -n "$EXERCISE" ] && options+=(--exercise "$EXERCISE")
[ -n "$CONFIG" ] && options+=(--config "$CONFIG")
paths=()
while IFS= read -r line; do
    [ -n "${line// /}" ] && paths+=("$line")
done <<<"$PATHS"

mkdir -p "$RESULTS"
told="$(mktemp -d)"
options+=(--format junit --out "$RESULTS/junit.xml")
options+=(--format github --out "$told/annotations" --format markdown --out "$told/summary" --format classroom --out "$told/points")

# The table quotes what students wrote: until the runner reads this number again, nothing that is printed is a command.
token="$("$PYTHON" -c 'import secrets; print(secrets.token_hex(32))')"
[ -n "$token" ] || exit 3
export PYTHONPATH="$GITHUB_ACTION_PATH${PYTHONPATH:+:$PYTHONPATH}"
echo "::stop-commands::$token"
"$PYTHON" -m autograder grade "${options[@]}" -- "${paths[@]}"
code=$?
echo "::$token::"

if [ -f "$told/points" ]; then
    cat "$told/annotations"
    cat "$told/summary" >>"$GITHUB_STEP_SUMMARY"
    {
        echo "result=$(cat "$told/points")"
        echo "junit=$RESULTS/junit.xml"
        echo "results=$RESULTS"
    } >>"$GITHUB_OUTPUT"
fi
rm -r "$told"
exit "$code"
