# Sourced by the scripts beside it. They bind to 127.0.0.1, keep everything in their own folder, and stop by process id.

# A finished process whose parent has gone stays a zombie for a while: that is not alive.
alive() { grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

# stop_pid FILE: asks the process to end, waits for it, and ends it.
stop_pid() {
  [ -f "$1" ] || return 0
  local pid
  pid=$(cat "$1")
  rm -f "$1"
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do alive "$pid" || return 0; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
}

# wait_http PORT: until something answers there.
wait_http() {
  for _ in $(seq 300); do
    node -e '
      const s = require("net").connect(process.argv[1], "127.0.0.1");
      s.on("connect", () => process.exit(0)).on("error", () => process.exit(1));
    ' "$1" && return 0
    sleep 0.1
  done
  return 1
}
