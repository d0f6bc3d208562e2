#!/usr/bin/env bash
# mariadb.sh start|stop DIR PORT: MariaDB with its own settings, but that nothing waits for the disk (what a killed
# process has written stays written); root without a password. What a killed one left in DIR is started again.
set -euo pipefail
source "$(dirname "$0")/common.sh"
command=$1 dir=$2 port=${3:-0}
if [ "$command" = stop ]; then stop_pid "$dir/pid"; exit 0; fi
user=$(id -un)
if [ "$user" = root ]; then user=mysql; chown mysql "$dir"; fi
if [ ! -d "$dir/data/mysql" ]; then
  eatmydata mariadb-install-db --no-defaults --user="$user" --datadir="$dir/data" --auth-root-authentication-method=normal \
    --skip-test-db >"$dir/install.log" 2>&1
fi
eatmydata mariadbd --no-defaults --user="$user" --datadir="$dir/data" --socket="$dir/sock" --pid-file="$dir/server.pid" \
  --bind-address=127.0.0.1 --port="$port" --character-set-server=utf8mb4 --skip-name-resolve \
  --log-error="$dir/error.log" >"$dir/out" 2>&1 </dev/null &
echo $! >"$dir/pid"
wait_http "$port" || { tail "$dir/error.log" >&2; exit 1; }
