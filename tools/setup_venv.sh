#!/bin/sh
# Makes .venv from requirements.lock, or leaves it alone when it is complete and up to date.
#
#   sh tools/setup_venv.sh            first Python >= 3.11 on the path
#   PYTHON=python3.13 sh tools/setup_venv.sh
#
# Every path below is relative to the checkout, so the checkout may lie anywhere, spaces included.
# The file .venv/ready is written last; it says what .venv was made from. Without it, or when it
# differs, .venv is made again: an interrupted set-up never passes for a whole one.

set -eu
unset CDPATH PYTHONHOME PYTHONPATH
# Under LC_ALL=C, Python before 3.13 cannot read a path with letters beyond ASCII; without it, it can.
case "${LC_ALL:-}" in C | POSIX) unset LC_ALL ;; esac
cd "$(dirname "$0")/.."

OLDEST=3.11
CANDIDATES="python3 python3.13 python3.12 python3.11 python3.14 python"
HEARTBEAT=10 # seconds between two lines of progress

main() {
    if up_to_date; then
        return
    fi
    if only_project_changed; then
        rm -f .venv/ready
        install_project
        write_ready "$(cat .venv/base)"
        return
    fi
    base=$(choose_python)
    trap 'stop_set_up 1' EXIT
    trap 'stop_set_up 130' INT
    trap 'stop_set_up 143' TERM HUP
    make_venv "$base"
    install_lock
    install_project
    printf '%s\n' "$base" >.venv/base
    write_ready "$base"
    trap - EXIT INT TERM HUP
}

# ---------------------------------------------------------------------------------------- what is there

# What .venv is made from: its Python, the place of the checkout, the lock, the project file.
wanted() {
    printf 'python %s\nplace %s\nlock %s\nproject %s\n' \
        "$1" "$(pwd)" "$(cksum <requirements.lock)" "$(cksum <pyproject.toml)"
}

write_ready() {
    wanted "$1" >.venv/ready.part
    mv .venv/ready.part .venv/ready
}

usable() {
    [ -f .venv/ready ] && [ -f .venv/base ] && .venv/bin/python -c '' 2>/dev/null || return 1
    # Another PYTHON than last time asks for another .venv.
    [ -z "${PYTHON:-}" ] || [ "$(base_of "$PYTHON")" = "$(cat .venv/base)" ]
}

up_to_date() {
    usable && [ "$(cat .venv/ready)" = "$(wanted "$(cat .venv/base)")" ]
}

only_project_changed() {
    usable && [ "$(grep -v '^project ' .venv/ready)" = "$(wanted "$(cat .venv/base)" | grep -v '^project ')" ]
}

# ------------------------------------------------------------------------------------------ the Python

# Prints the interpreter behind $1 (not that of a virtual environment) if it is new enough, else fails.
base_of() {
    "$1" -c '
import sys
if sys.version_info < (3, 11):
    sys.exit(1)
print(getattr(sys, "_base_executable", None) or sys.executable)
' 2>/dev/null
}

has_ensurepip() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Prints the Python to use: the one asked for, else the first that can make environments by itself,
# else the first that is new enough.
choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        base_of "$PYTHON" || fail "PYTHON=$PYTHON is not a working Python $OLDEST or newer; name another one."
        return
    fi
    second_choice=
    for name in $CANDIDATES; do
        found=$(base_of "$name") || continue
        if has_ensurepip "$found"; then
            printf '%s\n' "$found"
            return
        fi
        second_choice=${second_choice:-$found}
    done
    if [ -z "$second_choice" ]; then
        fail "No Python $OLDEST or newer was found: install one, or name it with PYTHON=/path/to/python3."
    fi
    printf '%s\n' "$second_choice"
}

# --------------------------------------------------------------------------------------- the environment

make_venv() {
    version=$("$1" -c 'import platform; print(platform.python_version())')
    say "Making .venv with Python $version"
    if has_ensurepip "$1" && try "$1" -m venv .venv; then return; fi
    if command -v uv >/dev/null 2>&1 && try uv venv --quiet --seed --python "$1" .venv; then return; fi
    if "$1" -c 'import virtualenv' 2>/dev/null && try "$1" -m virtualenv --quiet .venv; then return; fi
    if command -v virtualenv >/dev/null 2>&1 && try virtualenv --quiet --python "$1" .venv; then return; fi
    fail "Python $version cannot make a virtual environment: install Debian's python3-venv, or uv, or virtualenv."
}

# Runs one way of making .venv from nothing; it counts only if pip is there afterwards.
try() {
    rm -rf .venv
    "$@" >/dev/null 2>&1 && .venv/bin/python -m pip --version >/dev/null 2>&1
}

install_lock() {
    say "Installing the packages of requirements.lock (a minute or two)"
    # The lock is whole, so nothing has to be resolved; what it leaves out on purpose is not fetched either.
    install --no-deps --require-hashes -r requirements.lock
}

install_project() {
    say "Installing the package itself"
    install --no-deps --no-build-isolation -e .
}

# pip with its talk in a log; a line of progress now and then; the end of the log when it fails.
install() {
    # pip would refuse a set-up that asks for the user's own folder, and would say that it is old.
    PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
        .venv/bin/python -m pip install "$@" >.venv/setup.log 2>&1 &
    worker=$!
    started=$(date +%s)
    next=$HEARTBEAT
    while running "$worker"; do
        sleep 0.2 2>/dev/null || sleep 1 # a sleep of less than a second is not everywhere
        elapsed=$(($(date +%s) - started))
        if [ "$elapsed" -ge "$next" ]; then
            say "  $elapsed s: $(progress)"
            next=$((elapsed + HEARTBEAT))
        fi
    done
    if ! wait "$worker"; then
        worker=
        tail -n 30 .venv/setup.log >&2
        fail "The installation failed; pip's last lines stand above. Run the same command again once that is mended."
    fi
    worker=
}

progress() {
    if grep -q '^Installing collected' .venv/setup.log; then
        printf 'all packages fetched, installing them'
    else
        printf '%s packages found' "$(grep -c '^Collecting' .venv/setup.log || true)"
    fi
}

running() {
    kill -0 "$1" 2>/dev/null
}

# ------------------------------------------------------------------------------------------------ words

say() {
    printf '%s\n' "$1"
}

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# A set-up that did not come to its end leaves nothing behind.
stop_set_up() {
    trap - EXIT INT TERM HUP
    [ -z "${worker:-}" ] || kill "$worker" 2>/dev/null || true
    [ -z "${worker:-}" ] || wait "$worker" 2>/dev/null || true
    rm -rf .venv
    exit "$1"
}

main
