#!/bin/sh
# Make or refresh .venv: `sh deploy/setup.sh demo-small|demo|dev`. Run by the Makefile when it is missing or
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
[ -x .venv/bin/python ] || "$python" -m venv .venv
if [ "$extra" = demo-small ]; then
    say "Setting up .venv with the packages in deploy/constraints.txt that need no PyTorch: 0.2 GB."
elif ! .venv/bin/python -c 'import torch' 2>/dev/null; then
    say "Adding PyTorch and the rest of deploy/constraints.txt to .venv:"
    say "about 0.4 GB with a CPU build of PyTorch, about 3 GB with the registry's CUDA build (Linux)."
fi
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
    --constraint deploy/constraints.txt --editable ".[$extra]"
touch ".venv/.$extra"
# each holds what the one before does
case $extra in dev) touch .venv/.demo-small .venv/.demo ;; demo) touch .venv/.demo-small ;; esac
