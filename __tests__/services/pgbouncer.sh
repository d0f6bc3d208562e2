#!/usr/bin/env bash
# pgbouncer.sh start|stop DIR PORT MODE URL: PgBouncer in front of a server, which it enters as the URL says.
set -euo pipefail
source "$(dirname "$0")/common.sh"
command=$1 dir=$2 port=${3:-0} mode=${4:-session} url=${5:-}
if [ "$command" = stop ]; then stop_pid "$dir/pgbouncer.pid"; exit 0; fi
read -r host upstream user password < <(node -e '
  const u = new URL(process.argv[1]);
  console.log(u.hostname, u.port, decodeURIComponent(u.username), decodeURIComponent(u.password));
' "$url")
cat >"$dir/pgbouncer.ini" <<CONF
[databases]
* = host=$host port=$upstream user=$user password=$password
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = any
pool_mode = $mode
default_pool_size = 4
logfile = $dir/pgbouncer.log
pidfile = $dir/pgbouncer.pid
ignore_startup_parameters = extra_float_digits
CONF
chown -R postgres "$dir"
runuser -u postgres -- pgbouncer -q -d "$dir/pgbouncer.ini"
wait_http "$port" || { tail "$dir/pgbouncer.log" >&2; exit 1; }
