#!/bin/sh
# Install Herald from this folder, without a network: ./install.sh /opt/herald makes /opt/herald/.venv.
# PYTHON names the Python to use; by default the one that the wheels were made for.
set -eu
cd "$(dirname "$0")"

target=${1:-}
[ -n "$target" ] || { echo "Usage: ./install.sh FOLDER, as ./install.sh /opt/herald" >&2; exit 2; }
made_for=$(cat python)
version=$(echo "$made_for" | sed -E 's/^cp([0-9])([0-9]+)-.*/\1.\2/')
python=${PYTHON:-python$version}

sha256sum --quiet -c SHA256SUMS || { echo "Something is missing or was changed: bring the archive here once more." >&2; exit 1; }
"$python" - "$made_for" <<'PYTHON' || { echo "Give it by PYTHON=/path/to/python$version ./install.sh $target" >&2; exit 1; }
import re, sys, sysconfig
here = "cp%d%d-%s" % (*sys.version_info[:2], re.sub(r"[-.]", "_", sysconfig.get_platform()))
sys.exit(0 if here == sys.argv[1] else f"These wheels are for {sys.argv[1]}, and this Python is {here}.")
PYTHON

mkdir -p "$target"
"$python" -m venv "$target/.venv"
export PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels PIP_REQUIRE_HASHES=1 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1
"$target/.venv/bin/python" -m pip install --quiet -r requirements.txt
"$target/.venv/bin/herald" --version
deploy=$("$target/.venv/bin/python" -c 'import config, pathlib; print(pathlib.Path(config.__file__).parent / "deploy")')
echo "Installed in $target/.venv. Units for systemd, and files for nginx and Prometheus: $deploy"
