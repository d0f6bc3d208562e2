#!/usr/bin/env bash
# ceph.sh start|stop DIR PORT MONITOR_PORT: a real S3 server, Ceph's gateway with one monitor and one store in memory.
# Keys: testkey / testsecret. As root, without systemd.
set -euo pipefail
source "$(dirname "$0")/common.sh"
command=$1 dir=$2 port=${3:-0} monitor=${4:-0}
if [ "$command" = stop ]; then
  for name in rgw osd mon; do stop_pid "$dir/$name.pid"; done
  exit 0
fi
mkdir -p "$dir/mon" "$dir/osd" "$dir/run"
cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon initial members = a
mon host = v1:127.0.0.1:$monitor
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
paxos propose interval = 0.05
paxos min wait = 0.01
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/\$name.log
mon cluster log file = $dir/cluster.log
keyring = $dir/keyring
[mon]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 4294967296
# Without authentication the store now and then asks before it knows the cluster, and gives up.
osd class update on start = false
osd crush update on start = false
osd fast shutdown = false
osd op num shards = 1
osd op num threads per shard = 2
[client.rgw]
rgw data = $dir/rgw
rgw dns name = s3.localhost
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 32
rgw enable usage log = false
rgw dynamic resharding = false
rgw gc max objs = 1
rgw lc max objs = 1
rgw usage max shards = 1
rgw data log num shards = 1
rgw md log max shards = 1
rgw override bucket index max shards = 1
rgw reshard num logs = 1
rgw objexp hints num shards = 1
rgw ops log rados = false
CONF
conf=(-c "$dir/ceph.conf")
fsid=$(sed -n 's/^fsid = //p' "$dir/ceph.conf")
monmaptool --create --addv a "[v1:127.0.0.1:$monitor]" --fsid "$fsid" "$dir/monmap" >/dev/null
ceph-mon "${conf[@]}" -i a --mkfs --monmap "$dir/monmap" 2>"$dir/mkfs-mon.err"
ceph-mon "${conf[@]}" -i a -f >"$dir/mon.out" 2>&1 </dev/null &
echo $! >"$dir/mon.pid"
for _ in $(seq 100); do timeout 5 ceph "${conf[@]}" --connect-timeout 2 mon stat >/dev/null 2>&1 && break; done
osd=$(cat /proc/sys/kernel/random/uuid)
ceph "${conf[@]}" osd new "$osd" >"$dir/osd.id"
id=$(cat "$dir/osd.id")
ceph "${conf[@]}" osd crush add "osd.$id" 1.0 root=default host=h 2>/dev/null
ceph-osd "${conf[@]}" -i "$id" --mkfs --osd-uuid "$osd" 2>"$dir/mkfs-osd.err"
ceph-osd "${conf[@]}" -i "$id" -f >"$dir/osd.out" 2>&1 </dev/null &
echo $! >"$dir/osd.pid"
for _ in $(seq 300); do
  alive "$(cat "$dir/osd.pid")" || { echo 'the store died' >&2; tail -5 "$dir/osd.out" >&2; exit 1; }
  ceph "${conf[@]}" osd stat 2>/dev/null | grep -q '1 up' && break
  sleep 0.1
done
timeout 60 radosgw-admin "${conf[@]}" -n client.rgw user create --uid=test --display-name=test --access-key=testkey --secret-key=testsecret >"$dir/user.json"
radosgw "${conf[@]}" -n client.rgw -f >"$dir/rgw.out" 2>&1 </dev/null &
echo $! >"$dir/rgw.pid"
wait_http "$port" || { tail "$dir/rgw.out" >&2; exit 1; }
