# shellcheck shell=sh
# Sourced. `find_python` prints the name of a Python that is new enough and able to make virtual environments.

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        # A version manager may offer a name that it then refuses to run, so each one is tried, not looked up.
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    case "$(uname -s)" in
    Darwin) remedy="brew install python" ;;
    *) remedy="sudo apt-get install -y python3 python3-venv" ;;
    esac
    echo "setup: Python 3.11 or newer with its venv module is missing. Run this, then try again:" >&2
    echo "    $remedy" >&2
    return 1
}
