#!/bin/sh
# Finds the Chromium that the browser tests drive, or installs one: sh tests/browser.sh PYTHON
# Never fails the build: without a browser those tests skip and say how to get one; with CI=true they fail.
set -u
python=${1:-python3}
LIMIT_SECONDS=900

main() {
    if browser=$(find_browser); then
        has_chinese_letters || install_letters
        echo "Browser for the tests: $browser"
        return
    fi
    if on_debian && may_install; then
        echo "Installing chromium and fonts-noto-cjk with apt-get …"
        apt_install chromium fonts-noto-cjk
    else
        echo "Installing Playwright's Chromium …"
        install_playwrights
    fi
    find_browser >/dev/null || echo "No Chromium could be installed; set CHROMIUM to one, or run: $python -m playwright install --with-deps chromium" >&2
}

# Prints the path of a Chromium that starts.
find_browser() {
    for candidate in "${CHROMIUM:-}" "$(playwrights_own)" \
        chromium chromium-browser google-chrome google-chrome-stable microsoft-edge \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        [ -n "$candidate" ] || continue
        found=$(command -v "$candidate") || continue
        # Ubuntu's chromium-browser without its snap is only a notice
        bounded 30 "$found" --version >/dev/null 2>&1 || continue
        echo "$found"
        return 0
    done
    return 1
}

playwrights_own() {
    "$python" -c 'from playwright.sync_api import sync_playwright as start
with start() as it: print(it.chromium.executable_path)' 2>/dev/null
}

# Runs a command for at most so many seconds, on a Mac too, which has no timeout(1).
bounded() {
    "$python" -c 'import subprocess, sys
try:
    sys.exit(subprocess.run(sys.argv[2:], timeout=float(sys.argv[1]), stdin=subprocess.DEVNULL).returncode)
except (OSError, subprocess.TimeoutExpired) as stopped:
    sys.exit(str(stopped))' "$@"
}

on_debian() {
    grep -qx 'ID=debian' /etc/os-release 2>/dev/null
}

may_install() {
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

has_chinese_letters() {
    [ "$(uname)" = Darwin ] || [ -n "$(fc-list :lang=zh 2>/dev/null)" ]
}

install_letters() {
    on_debian && may_install || return 0
    echo "Installing fonts-noto-cjk with apt-get …"
    apt_install fonts-noto-cjk
}

apt_install() {
    quietly as_root apt-get -o DPkg::Lock::Timeout=120 update
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then bounded "$LIMIT_SECONDS" "$@"; else bounded "$LIMIT_SECONDS" sudo -n "$@"; fi
}

# A password would be asked for where nobody answers, so the system's libraries come along only when none is.
install_playwrights() {
    if [ "$(uname)" = Linux ] && may_install; then
        quietly bounded "$LIMIT_SECONDS" "$python" -m playwright install --with-deps chromium
    else
        quietly bounded "$LIMIT_SECONDS" "$python" -m playwright install chromium
    fi
}

# Shows what a command said only when it failed, and goes on.
quietly() {
    said=$("$@" 2>&1) || printf '%s\n' "$said" | tail -n 3 >&2
}

main
