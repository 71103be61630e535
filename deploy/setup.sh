#!/bin/sh
# Make or refresh .venv: `sh deploy/setup.sh demo|dev`. Run by the Makefile when it is missing or
# older than pyproject.toml or the constraints.
set -eu
cd "$(dirname "$0")/.."
extra=$1
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    say "Atelier needs Python 3.11 or newer; $python is $("$python" --version 2>&1)."
    say "Name another one: make PYTHON=python3.12 ..."
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    say "This Python can't make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
    exit 1
}
if [ ! -x .venv/bin/python ]; then
    say "Setting up .venv. It downloads the packages in deploy/constraints.txt, most of it PyTorch:"
    say "about 0.4 GB with a CPU build of PyTorch, about 3 GB with the registry's CUDA build (Linux)."
    "$python" -m venv .venv
fi
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
    --constraint deploy/constraints.txt --editable ".[$extra]"
touch ".venv/.$extra"
# dev holds all that demo does
[ "$extra" != dev ] || touch .venv/.demo
