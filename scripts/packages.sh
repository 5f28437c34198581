#!/bin/sh
# Checks that the compilers, FFmpeg's headers and the `ffmpeg` command are there; on Debian and Ubuntu, installs them.
set -eu

rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
debian_wanted="gcc libc6-dev pkg-config clang libclang-dev ffmpeg
    libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev"

stop() {
    echo "setup: $1" >&2
    echo "setup: run this, then try again:" >&2
    echo "    $2" >&2
    exit 1
}

# Not a package of the system's: Debian's Rust is older than the one that the workspace asks for.
check_rust() {
    command -v cargo >/dev/null ||
        stop "Rust is missing." "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"
    rust_found=$(rustc --version | cut -d ' ' -f 2)
    printf '%s\n%s\n' "$rust_wanted" "$rust_found" | sort -V -C ||
        stop "Rust $rust_found is too old, $rust_wanted is needed." "rustup update stable"
}

check_debian() {
    # One call for all packages: this runs before every build.
    # shellcheck disable=SC2086 # The list is meant to be split.
    states=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' $debian_wanted 2>/dev/null || true)"
    missing=
    for package in $debian_wanted; do
        case "$states" in
        *" $package=installed "*) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -z "$missing" ] || install_debian
}

install_debian() {
    apt="apt-get install -y --no-install-recommends$missing"
    if [ "$(id -u)" -eq 0 ]; then
        sudo=
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo=sudo
    else
        stop "Debian packages are missing, and there is no right to install them." "sudo $apt"
    fi
    echo "setup: installing$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    # The list of packages may be absent or stale, above all in a fresh container.
    # shellcheck disable=SC2086 # The command is meant to be split, and $sudo may be empty.
    { $sudo apt-get update -qq && $sudo $apt -qq >&2; } || stop "The packages could not be installed." "sudo $apt"
}

check_other() {
    case "$(uname -s)" in
    Darwin) remedy="xcode-select --install; brew install ffmpeg pkg-config" ;;
    *) remedy="install a C compiler, clang with libclang, pkg-config, and FFmpeg with its headers (4.4 or newer)" ;;
    esac
    for command in cc clang pkg-config ffmpeg; do
        command -v "$command" >/dev/null || stop "The command $command is missing." "$remedy"
    done
    pkg-config --exists libavcodec libavformat libavutil libswscale libswresample ||
        stop "FFmpeg's headers are missing." "$remedy"
}

check_rust
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then check_debian; else check_other; fi
