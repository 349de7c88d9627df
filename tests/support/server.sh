# A PostgreSQL for one run of the tests. Arguments: the folder of the server's programs, the port, the password.
# Writes the folder that holds everything, the socket too, once the server accepts connections. When standard input ends,
# which is when the tests end in whatever way, the server stops and the folder goes.
set -eu
programs=$1 port=$2 password=$3
trap '' HUP INT TERM
folder=$(mktemp -d /tmp/keiyaku-postgres-XXXXXX)
trap '"$programs/pg_ctl" stop --pgdata "$folder/data" --mode immediate >"$folder/stop.log" 2>&1 || true; rm -rf "$folder"' EXIT

printf '%s' "$password" >"$folder/password"
"$programs/initdb" --pgdata "$folder/data" --username keiyaku --pwfile "$folder/password" --auth-local trust \
    --auth-host scram-sha-256 --encoding UTF8 --no-locale --no-sync >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" >&2
    exit 1
}
# Not durable: what these tests show, a power cut has no part in. LANGUAGE counts wherever `lc_messages` is another locale than C.
LC_ALL=C LANGUAGE=ja "$programs/pg_ctl" start --pgdata "$folder/data" --log "$folder/server.log" --wait --silent --options \
    "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=1000" || {
    cat "$folder/server.log" >&2
    exit 1
}
echo "$folder"
cat >"$folder/stdin"
