#!/usr/bin/env bash
# Brings Chromium, Firefox and Chinese fonts if they are missing: Debian packages as root, else Playwright's own download
# ($1); where CI is set also the proxies.
set -euo pipefail
have_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
have_firefox() { command -v firefox-esr || command -v firefox; }
have_fonts() { command -v fc-list >/dev/null && [ -n "$(fc-list ':lang=zh' family)" ]; }
# Firefox and strace: their tests are passed over where there is none, and fail where CI is set.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v strace >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace; } ||
    echo "No strace could be installed: tests/test_hostile_lines.py passes over one test." >&2
fi
# Playwright has no Firefox of Debian's; Ubuntu's is no package of that name, and one test is passed over then.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! have_firefox >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr; } ||
    echo "No Firefox could be installed: tests/browser/test_firefox.py is passed over." >&2
fi
# The four proxies of docs/deploy/, where CI is set only: installing a server on somebody's own machine would start it.
have_proxies() { [ -x /usr/sbin/nginx ] && [ -x /usr/sbin/haproxy ] && [ -x /usr/sbin/apache2 ] && command -v caddy >/dev/null; }
if [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! have_proxies; then
  apt-get update -qq
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light haproxy apache2 caddy ||
    echo "The proxies could not be installed: tests/deploy fails." >&2
fi
wanted=()
have_browser >/dev/null || wanted+=(chromium)
have_fonts || wanted+=(fonts-noto-cjk fontconfig)
[ ${#wanted[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"
elif ! have_browser >/dev/null; then
  "$1" install chromium
fi
have_fonts || echo "No Chinese font found: install fonts-noto-cjk (or another one), else Chinese screenshots show boxes." >&2
