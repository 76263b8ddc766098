# To be sourced: installs the Debian packages that a script needs.

# The packages of which something is missing, each once.
#   missing_packages WHAT:PACKAGE...    WHAT is a program, or the path of a file
missing_packages() {
    local pair
    for pair in "$@"; do
        # Daemons are in a folder that is not on every PATH.
        PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null || [[ -e ${pair%%:*} ]] ||
            echo "${pair##*:}"
    done | sort -u
}

# Installs what is missing when it may (as root, or by sudo without a password); otherwise says which
# packages those are, and how to get them, and fails.
#   need WHAT:PACKAGE...
need() {
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        as_root=(sudo)
        if ! sudo -n true 2>/dev/null; then
            echo "Missing: ${missing[*]}. Get them by:" \
                "sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
            return 1
        fi
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"
}
