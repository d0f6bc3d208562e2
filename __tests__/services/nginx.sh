#!/usr/bin/env bash
# nginx.sh start|stop DIR PORT: nginx with its WebDAV modules, which behave oddly. User u, password p.
set -euo pipefail
source "$(dirname "$0")/common.sh"
command=$1 dir=$2 port=${3:-0}
if [ "$command" = stop ]; then stop_pid "$dir/nginx.pid"; exit 0; fi
mkdir -p "$dir/files" "$dir/tmp" "$dir/logs"
printf 'u:%s\n' "$(openssl passwd -apr1 p)" >"$dir/htpasswd"
cat >"$dir/nginx.conf" <<CONF
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
user $(id -un);
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/logs/error.log warn;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $dir/tmp/body; proxy_temp_path $dir/tmp/p; fastcgi_temp_path $dir/tmp/f;
  uwsgi_temp_path $dir/tmp/u; scgi_temp_path $dir/tmp/s;
  dav_ext_lock_zone zone=locks:1m;
  server {
    listen 127.0.0.1:$port;
    root $dir/files;
    client_max_body_size 0;
    auth_basic dav; auth_basic_user_file $dir/htpasswd;
    location / {
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
      dav_ext_lock zone=locks;
      create_full_put_path off;
      dav_access user:rw group:r all:r;
    }
  }
}
CONF
nginx -c "$dir/nginx.conf" -e "$dir/logs/error.log"
wait_http "$port" || { tail "$dir/logs/error.log" >&2; exit 1; }
