# What the commands at the root share; sourced by them, never run. Only bash and what Debian's base system has.
root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
data=.data configuration=${HDN_CONFIGURATION:-Debug} hosting=offline yes=

say() { printf '%s\n' "$*"; }
fail() { # EXIT-CODE SENTENCE
  printf '%s\n' "$2" >&2
  exit "$1"
}
usage() { fail 2 "$1; see README.md, or shared by all: --data DIR"; }
need_value() { [ $# -ge 2 ] && [ -n "$2" ] || usage "$1 needs a value"; }
whole_number() { [[ $2 =~ ^[0-9]{1,9}$ ]] || usage "$1 needs a whole number, not '$2'"; }
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }

# The assembly of one of our programs.
assembly() { # FOLDER-OF-PROJECT
  printf '%s/%s/bin/%s/net10.0/HealthDataNode.%s.dll' "$root" "$1" "$configuration" "$(basename "$1")"
}
apphost() { printf '%s/AppHost/bin/Offline/%s/net10.0/HealthDataNode.AppHost.dll' "$root" "$configuration"; }

# No diagnostic sockets in /tmp, no telemetry, no banner, no server processes that outlive the build.
quiet_dotnet() {
  export DOTNET_EnableDiagnostics=0 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false \
    DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 DOTNET_ADD_GLOBAL_TOOLS_TO_PATH=false DOTNET_SKIP_WORKLOAD_INTEGRITY_CHECK=1
}

# Installs what is missing, as root or when told to; says what before it does.
need_programs() {
  local packages=()
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || packages+=(postgresql-15)
  ls /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server >/dev/null 2>&1 || packages+=(rabbitmq-server)
  command -v bwrap >/dev/null || packages+=(bubblewrap)
  [ -e /usr/share/zoneinfo/Europe/Oslo ] || packages+=(tzdata)
  command -v setpriv >/dev/null && command -v flock >/dev/null && command -v unshare >/dev/null || packages+=(util-linux)
  [ -z "${KEYCLOAK_HOME:-}" ] || command -v java >/dev/null || packages+=(openjdk-17-jre-headless)
  command -v dotnet >/dev/null ||
    fail 3 "the .NET SDK 10 is missing; install it as https://learn.microsoft.com/dotnet/core/install/linux says, or with: curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
  [ ${#packages[@]} -gt 0 ] || return 0
  local command="apt-get install --no-install-recommends ${packages[*]}"
  command -v apt-get >/dev/null || fail 3 "missing: ${packages[*]}; install what your system calls these Debian packages"
  local as=()
  if [ "$(id -u)" != 0 ]; then
    [ -n "$yes" ] && command -v sudo >/dev/null || fail 3 "missing: ${packages[*]}; install with: sudo $command (or run again with --yes)"
    as=(sudo)
  fi
  say "installing ${packages[*]} (Debian packages; their servers are not started)"
  mkdir -p "$root/.cache"
  # Debian's packages start their servers unless this file says no.
  local policy=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=1
    printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee /usr/sbin/policy-rc.d >/dev/null && "${as[@]}" chmod 755 /usr/sbin/policy-rc.d
  fi
  local rc=0
  {
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" ||
      { "${as[@]}" apt-get update && "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"; }
  } >"$root/.cache/apt.log" 2>&1 </dev/null || rc=$?
  [ -z "$policy" ] || "${as[@]}" rm -f /usr/sbin/policy-rc.d
  [ "$rc" = 0 ] || { tail -n 5 "$root/.cache/apt.log" >&2; fail 3 "could not install; by hand: $command"; }
}

# Builds the solution when a source is newer than the last build.
build() {
  quiet_dotnet
  local stamp=$root/.cache/built-$configuration
  mkdir -p "$root/.cache"
  if [ -e "$stamp" ] && [ -z "$(find "$root" \( -name bin -o -name obj -o -name .git -o -name .cache -o -name .data -o -name node_modules \) -prune \
    -o \( -type d -o -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name '*.sln' -o -name '*.json' -o -name '*.sql' -o -name '*.html' -o -name '*.razor' -o -name .editorconfig \) \
    -newer "$stamp" ! -path "$root" -print -quit)" ]; then
    return 0
  fi
  local temporary=$root/.cache/tmp.$$ log=$root/.cache/build.log began=$SECONDS rc=0
  mkdir -p "$temporary"
  touch "$stamp.new.$$"
  # One build at a time: two would write the same files.
  exec 8>"$root/.cache/build.lock"
  flock 8
  TMPDIR=$temporary dotnet build "$root/HealthDataNode.sln" -c "$configuration" -v q --nologo -nodeReuse:false \
    -p:UseSharedCompilation=false >"$log" 2>&1 8>&- &
  local builder=$!
  while kill -0 "$builder" 2>/dev/null; do
    [ ! -t 1 ] || printf '\rbuilding: %d s' $((SECONDS - began))
    sleep 0.5
  done
  wait "$builder" || rc=$?
  exec 8>&-
  [ ! -t 1 ] || printf '\r'
  rm -rf "$temporary"
  [ "$rc" = 0 ] || { grep -E 'error|Error' "$log" | sort -u | head -n 20 >&2; fail 4 "the build failed; all of it is in $log"; }
  mv "$stamp.new.$$" "$stamp"
  say "built in $((SECONDS - began)) s"
}

# DIR is marked, so that nothing else is ever emptied.
make_data() { (umask 077 && mkdir -p "$data" && : >"$data/.healthdatanode") || fail 2 "cannot write to $data"; }
is_ours() { [ -e "$data/.healthdatanode" ] || [ -e "$data/lock" ] || [ -z "$(ls -A "$data")" ]; }

# A stack holds DIR/lock while it runs.
is_running() { [ -e "$data/lock" ] && ! flock -n "$data/lock" true; }
need_running() { is_running || fail 4 "no stack runs in $data; start one with: ./run --data $data"; }
need_stopped() { ! is_running || fail 4 "a stack runs in $data; end it with: ./run stop --data $data"; }

# Asks the running stack; prints its answer and returns its exit code.
request() { # WORD...
  local id=$data/control/$$-$RANDOM answer code
  printf '%s\n' "$*" >"$id.new"
  mv "$id.new" "$id.request"
  until [ -e "$id.answer" ]; do
    is_running || fail 4 "the stack in $data ended"
    sleep 0.1
  done
  { read -r code; answer=$(cat); } <"$id.answer"
  rm -f "$id.answer"
  [ -z "$answer" ] || say "$answer"
  return "$code"
}

# stack.json has a line for each resource.
stack_value() { sed -n "s/^  \"$1\": \"\\(.*\\)\",\$/\\1/p" "$data/stack.json"; }
resource_value() { # RESOURCE FIELD
  sed -n "/{\"name\":\"$1\",/s/.*\"$2\":\"\\{0,1\\}\\([^\",}]*\\)\"\\{0,1\\}[,}].*/\\1/p" "$data/stack.json"
}
resources() { sed -n 's/^ *{"name":"\([^"]*\)".*/\1/p' "$data/stack.json"; }

# HTTP on loopback without a further program: prints the body, returns 0 for a status below 300.
loopback() { # METHOD URL
  local address=${2#http://localhost:} status body
  local port=${address%%/*}
  exec 7<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf '%s /%s HTTP/1.0\r\nHost: localhost:%s\r\nContent-Length: 0\r\n\r\n' "$1" "${address#*/}" "$port" >&7
  read -r _ status _ <&7
  body=$(sed '1,/^\r$/d' <&7)
  exec 7<&-
  printf '%s\n' "$body"
  [ "${status:-500}" -lt 300 ]
}

# All processes below a process, itself included; without procps.
descendants() { # PID
  cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) [A-Za-z] \([0-9]*\) .*/\1 \2/' | awk -v top="$1" '
    { parent[$1] = $2 }
    END { for (p in parent) { q = p; while (q in parent && q != top && q > 1) q = parent[q]; if (q == top) print p } }'
}
pss_kb() { # PID
  local total=0 kb p
  for p in $(descendants "$1"); do
    kb=$(sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$p/smaps_rollup" 2>/dev/null)
    total=$((total + ${kb:-0}))
  done
  printf '%s' "$total"
}
