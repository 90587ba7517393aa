#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image. It installs an interpreter with the grader's packages.
#
# AUTOGRADER_ROOT    the folder that Gradescope mounts; default: /autograder
# AUTOGRADER_PYTHON  an interpreter with all packages; if it is set, nothing is installed
set -euo pipefail

root="${AUTOGRADER_ROOT:-/autograder}"
source="$root/source"
export PYTHONDONTWRITEBYTECODE=1

suitable() {
    "$1" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

find_python() {
    for name in python3.12 python3.13 python3.11 python3; do
        if suitable "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

if [ -n "${AUTOGRADER_PYTHON:-}" ]; then
    python="$AUTOGRADER_PYTHON"
else
    if ! find_python >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update
        # Ubuntu 24.04 and Debian 12 have a suitable python3; Ubuntu 22.04 offers Python 3.11 in addition to its own.
        apt-get install -y --no-install-recommends python3 python3-venv
        find_python >/dev/null || apt-get install -y --no-install-recommends python3.11 python3.11-venv
    fi
    "$(find_python)" -m venv "$root/venv"
    python="$root/venv/bin/python"
    pip=("$python" -m pip install --quiet --disable-pip-version-check --no-cache-dir)
    # CPU builds, if the index offers them; otherwise from PyTorch's own index.
    "${pip[@]}" --no-deps "$(grep -E '^torch==' "$source/requirements.txt")+cpu" 2>/dev/null ||
        "${pip[@]}" --no-deps "$(grep -E '^torch==' "$source/requirements.txt")+cpu" \
            --index-url "${TORCH_CPU_INDEX:-https://download.pytorch.org/whl/cpu}"
    "${pip[@]}" --requirement "$source/requirements.txt"
    "${pip[@]}" --no-deps --no-build-isolation --editable "$source"
fi

cd "$source"
"$python" -m autograder.integrations.gradescope.run --try "$root"
