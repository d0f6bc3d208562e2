#!/usr/bin/env bash
# openssh.sh start|stop DIR PORT: OpenSSH's SFTP, for whoever runs this: by the key DIR/id_ed25519 (passphrase p). It has
# host keys of three kinds: DIR/host_ed25519, DIR/host_ecdsa and DIR/host_rsa.
set -euo pipefail
source "$(dirname "$0")/common.sh"
command=$1 dir=$2 port=${3:-0}
if [ "$command" = stop ]; then stop_pid "$dir/sshd.pid"; exit 0; fi
mkdir -p "$dir/files" /run/sshd
for type in ed25519 ecdsa rsa; do ssh-keygen -q -t "$type" -N '' -f "$dir/host_$type"; done
ssh-keygen -q -t ed25519 -N p -f "$dir/id_ed25519"
cp "$dir/id_ed25519.pub" "$dir/authorized_keys"
cat >"$dir/sshd_config" <<CONF
ListenAddress 127.0.0.1:$port
HostKey $dir/host_ed25519
HostKey $dir/host_ecdsa
HostKey $dir/host_rsa
PidFile none
AuthorizedKeysFile $dir/authorized_keys
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin yes
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
CONF
/usr/sbin/sshd -D -e -f "$dir/sshd_config" >"$dir/sshd.log" 2>&1 </dev/null &
echo $! >"$dir/sshd.pid"
wait_http "$port" || { tail "$dir/sshd.log" >&2; exit 1; }
