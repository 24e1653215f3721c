#!/bin/sh
# Installs Chromium, in which the tests of the page run, where it is missing and this can be done: as root, with apt-get.
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo 'Chromium is missing and cannot be installed here (that takes root and apt-get): install it, and put it on PATH.' >&2
  exit 1
fi
echo 'Installing Chromium for the tests of the page:'
started=$(date +%s)
log=.local/setup-chromium.log
mkdir -p .local
if apt-get update >"$log" 2>&1 &&
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium >>"$log" 2>&1; then
  echo "  chromium: $(($(date +%s) - started)) s"
else
  echo "  chromium: failed. The end of $log:" >&2
  tail -n 20 "$log" >&2
  exit 1
fi
