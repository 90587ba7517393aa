#!/usr/bin/env bash
# What the action installs: the grader and both frameworks, CPU builds, each package in the version of the lock.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"
for name in python3.12 python3.13 python3.11 python3; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        found="$name"
        break
    fi
done
"${found:?Python 3.11, 3.12 or 3.13 is needed: put actions/setup-python before this}" -m venv "$RUNNER_TEMP/autograder"
python="$RUNNER_TEMP/autograder/bin/python"
torch="$(grep -E '^torch==' requirements.lock)+cpu"
pip=("$python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" --no-deps "$torch" 2>/dev/null ||
    "${pip[@]}" --no-deps "$torch" --index-url "${TORCH_CPU_INDEX:-https://download.pytorch.org/whl/cpu}"
"${pip[@]}" --constraint requirements.lock torch keras tensorflow-cpu --editable .
echo "python=$python" >>"$GITHUB_OUTPUT"
