#!/usr/bin/env bash
# apache.sh start|stop DIR PORT: Apache's mod_dav; /basic and /digest serve the same files. User u, password p.
set -euo pipefail
source "$(dirname "$0")/common.sh"
command=$1 dir=$2 port=${3:-0}
if [ "$command" = stop ]; then stop_pid "$dir/httpd.pid"; exit 0; fi
modules=/usr/lib/apache2/modules
mkdir -p "$dir/files" "$dir/lock" "$dir/run"
chown www-data "$dir/files" "$dir/lock"
chmod a+rx "$dir"
printf 'u:%s\n' "$(openssl passwd -apr1 p)" >"$dir/htpasswd"
printf 'u:dav:%s\n' "$(printf 'u:dav:p' | md5sum | cut -d' ' -f1)" >"$dir/htdigest"
cat >"$dir/httpd.conf" <<CONF
ServerRoot $dir
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile $dir/httpd.pid
DefaultRuntimeDir $dir/run
Mutex file:$dir/run default
ErrorLog $dir/error.log
LogLevel warn
User www-data
Group www-data
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authn_file_module $modules/mod_authn_file.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule auth_basic_module $modules/mod_auth_basic.so
LoadModule auth_digest_module $modules/mod_auth_digest.so
LoadModule alias_module $modules/mod_alias.so
LoadModule dav_module $modules/mod_dav.so
LoadModule dav_fs_module $modules/mod_dav_fs.so
StartServers 1
ThreadsPerChild 32
MinSpareThreads 1
MaxRequestWorkers 32
DavLockDB $dir/lock/DavLock
LimitRequestBody 0
LimitXMLRequestBody 0
DocumentRoot $dir/files
Alias /basic $dir/files
Alias /digest $dir/files
<Directory />
  Require all denied
</Directory>
<Location /basic>
  Dav On
  AuthType Basic
  AuthName dav
  AuthUserFile $dir/htpasswd
  Require valid-user
</Location>
<Location /digest>
  Dav On
  AuthType Digest
  AuthName dav
  AuthDigestProvider file
  AuthDigestNonceLifetime 5
  AuthUserFile $dir/htdigest
  Require valid-user
</Location>
CONF
apache2 -f "$dir/httpd.conf" -k start
wait_http "$port" || { tail "$dir/error.log" >&2; exit 1; }
