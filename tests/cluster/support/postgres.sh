# A PostgreSQL of one test. Arguments: the folder of the server's programs, the port, the password, the address to listen on, its
# network, and, for a standby, how it reaches its primary.
# Writes the folder that holds everything, the socket too, once the server accepts connections. When standard input ends,
# which is when the test ends in whatever way, the server stops and the folder goes.
set -eu
programs=$1 port=$2 password=$3 address=$4 network=$5 primary=$6
trap '' HUP INT TERM
folder=$(mktemp -d /tmp/keiyaku-cluster-XXXXXX)
trap '"$programs/pg_ctl" stop --pgdata "$folder/data" --mode immediate >"$folder/stop.log" 2>&1 || true; rm -rf "$folder"' EXIT

if [ -z "$primary" ]; then
    printf '%s' "$password" >"$folder/password"
    "$programs/initdb" --pgdata "$folder/data" --username keiyaku --pwfile "$folder/password" --auth-local trust \
        --auth-host scram-sha-256 --encoding UTF8 --no-locale --no-sync >"$folder/made.log" 2>&1 || {
        cat "$folder/made.log" >&2
        exit 1
    }
    echo "host all all $network scram-sha-256" >>"$folder/data/pg_hba.conf"
else
    "$programs/pg_basebackup" --pgdata "$folder/data" --dbname "$primary" --write-recovery-conf --checkpoint fast \
        --no-sync >"$folder/made.log" 2>&1 || {
        cat "$folder/made.log" >&2
        exit 1
    }
fi
# Not durable: what these tests show, a power cut has no part in. Shared memory is kept in files, which go with the folder.
"$programs/pg_ctl" start --pgdata "$folder/data" --log "$folder/server.log" --wait --silent --options \
    "-p $port -k $folder -c listen_addresses=$address -c fsync=off -c max_connections=200 -c cluster_name=keiyaku \
    -c dynamic_shared_memory_type=mmap -c log_lock_waits=on" || {
    cat "$folder/server.log" >&2
    exit 1
}
echo "$folder"
cat >"$folder/stdin"
