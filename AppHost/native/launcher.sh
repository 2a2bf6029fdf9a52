# What the launchers share; sourced, never run. A launcher stays beside its server, passes signals on, and dies with
# it as the server dies with the launcher (pdeathsig). See README.md for why each line is here.
umask 077

# The server's own directory, DIR/NAME, is all that it can write. Root keeps the rest of DIR for itself.
prepare() { # NAME USER HOME-OF-THE-DEBIAN-PACKAGE
  name=$1 user=$2 mountpoint=$3
  mkdir -p "$dir/$name" "$dir/pids"
  exec 9>"$dir/$name.lock"
  # The server inherits descriptor 9: while any of its processes lives, nobody starts a second one on the same files.
  flock -w 15 9 || { echo "$name: another $name already runs in $dir" >&2; exit 4; }
  if [ "$(id -u)" != 0 ]; then
    base=$dir/$name drop=()
    return
  fi
  id "$user" >/dev/null 2>&1 || missing "the user $user"
  chown "$user:" "$dir/$name"
  drop=(setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all --bounding-set=-all --no-new-privs)
  if [ -d "$mountpoint" ] && unshare -m --propagation private mount --bind "$dir/$name" "$mountpoint" 2>/dev/null; then
    # A directory that only root may enter lies above: in a mount namespace of its own the server sees just its part.
    base=$mountpoint
  elif "${drop[@]}" test -w "$dir/$name"; then
    base=$dir/$name
  else
    echo "$name: cannot mount (no CAP_SYS_ADMIN) and $user cannot enter $dir; choose another --data" >&2
    exit 4
  fi
}

# Runs a bash script as the unprivileged user in $base; standard input and descriptor 3 are the caller's.
dropped() { # SIGNAL-AT-PARENT'S-DEATH SCRIPT ARGUMENT...
  local death=$1; shift
  local clean=(env -i PATH="$PATH" HOME="$base" TMPDIR="$base/tmp" LANG=C.UTF-8 TZ=UTC)
  if [ "$base" = "${mountpoint:-}" ] && [ "$(id -u)" = 0 ]; then
    exec unshare -m --propagation private bash -c 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' _ \
      "$dir/$name" "$base" "${drop[@]}" --pdeathsig "$death" -- "${clean[@]}" bash -c "$@"
  fi
  cd "$base" || exit 4
  exec "${drop[@]:-setpriv}" --pdeathsig "$death" -- "${clean[@]}" bash -c "$@"
}

# Waits for the background child $child. A signal before the server has its handler is lost, so it is repeated.
supervise() { # SIGNAL
  local rc=0
  if [ -z "$stopping" ]; then wait "$child"; rc=$?; fi
  [ -z "$stopping" ] || while kill -"$1" "$child" 2>/dev/null; do sleep 0.3; done
  wait "$child" 2>/dev/null || rc=$?
  [ -z "$stopping" ] || exit 0
  return "$rc"
}

missing() { # WHAT
  echo "$name: $1 is missing; install it with: apt-get install --no-install-recommends $package" >&2
  exit 3
}

stopping=
trap 'stopping=1' TERM INT HUP
dir=$(cd "${1:?usage: $0 DIR}" && pwd -P) || exit 2
