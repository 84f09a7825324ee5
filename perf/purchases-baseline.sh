#!/usr/bin/env bash
# Purchases of one hot ticket option: Ringside beside a constant answer of
# hyper on glommio, and beside a service on PostgreSQL that locks the option's
# row (SELECT ... FOR UPDATE). Each server has one core, the client another; one
# after the other, with one client. What the machine lacks is skipped, and said.
#
# Arguments go to `ringside-bench purchases`. In the environment:
#   ONLY="floor memory durable postgres"   what to measure
#   CORE=0                                 the servers' core
#   DIR=                                   where data directories are made: which disk
#   FLOOR_BYTES=360                        body of the constant answer
#   CARGO_TARGET_DIR=target                where the programs were built
set -euo pipefail

only=${ONLY:-floor memory durable postgres}
core=${CORE:-0}
programs=${CARGO_TARGET_DIR:-target}
baseline=$programs/postgres-baseline/release/postgres-baseline
folder=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/ringside-purchases.XXXXXX")
chmod 755 "$folder"
started=()
stop_database=()
rows=()

finish() {
    for pid in "${started[@]}"; do
        kill "$pid" 2> /dev/null || true
    done
    [ ${#stop_database[@]} = 0 ] || as_user "${stop_database[@]}" > "$folder/pg_ctl" || true
    wait || true
    rm -rf "$folder"
}
trap finish EXIT

skip() {
    echo "SKIPPED: $1" >&2
    rows+=("$(printf '%-22s %s' "$name" "skipped: $1")")
}

# Runs "$@" on the servers' core and waits until it says where its HTTP is.
start() {
    local line=$folder/line
    : > "$line"
    taskset -c "$core" "$@" > "$line" 2> "$folder/log" &
    server=$!
    started+=("$server")
    for _ in $(seq 200); do
        kill -0 "$server" 2> /dev/null || break
        target=$(grep -io 'http on 127\.0\.0\.1:[0-9]*' "$line" | grep -o '127.*' || true)
        [ -z "$target" ] || return 0
        sleep 0.05
    done
    sed 's/^/  /' "$folder/log" >&2
    return 1
}

# Nanoseconds that these processes and their children have run.
ran() {
    local all=("$@") pid
    for pid in "$@"; do
        all+=($(pgrep -P "$pid" || true))
    done
    for pid in "${all[@]}"; do
        cat "/proc/$pid"/task/*/schedstat 2> /dev/null || true
    done | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# Measures the server at $target, whose processes are "$@".
measure() {
    local before after report=$folder/report
    before=$(ran "$@")
    # What it says is shown whether it passed or not.
    "$programs/release/ringside-bench" purchases --target "http://$target" \
        --server-pid "$1" --quiet "${flags[@]}" > "$report" || { cat "$report"; return 1; }
    after=$(ran "$@")
    echo "== $name"
    cat "$report"
    echo
    rows+=("$(awk -v name="$name" -v ran="$((after - before))" '
        { gsub(",", "") }
        /^throughput/ { rate = $2 }
        /^all / && !median { median = $3; tail = $5 }
        /^sold / { sold = $2 }
        END { printf "%-22s %12d %10.0f %10.0f %12.2f", name, rate, median, tail, ran / sold / 1e3 }
    ' "$report")")
}

stop() {
    kill "$server"
    wait "$server" 2> /dev/null || true
}

floor() {
    name="hyper, constant"
    start "$programs/release/http-floor" --cpu "$core" --body-bytes "${FLOOR_BYTES:-360}" \
        || { skip "http-floor does not start"; return; }
    # It counts one option's purchases, one each.
    measure "$server"
    stop
}

ringside() {
    name="Ringside, $1"
    shift
    start "$programs/release/ringside" --seat-port 0 --source-port 0 --listener-port 0 \
        --http-port 0 --bind 127.0.0.1 --shards 1 --cpus "$core" --log-level warn "$@" \
        || { skip "ringside does not start"; return; }
    measure "$server"
    stop
}

# PostgreSQL does not run as root: then as the user nobody.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
    else
        "$@"
    fi
}

postgres() {
    name="PostgreSQL, FOR UPDATE"
    local bin='' place
    for place in /usr/lib/postgresql/*/bin /usr/local/bin "$(dirname "$(command -v postgres || echo /none/x)")"; do
        if [ -x "$place/postgres" ] && [ -x "$place/initdb" ]; then bin=$place; fi
    done
    [ -n "$bin" ] || { skip "PostgreSQL is not installed: apt-get install postgresql"; return; }
    [ -x "$baseline" ] || { skip "$baseline is not built: see just purchases-baseline"; return; }
    local data=$folder/cluster user
    mkdir "$data"
    [ "$(id -u)" != 0 ] || chown nobody "$data"
    user=$(as_user id -un)
    as_user "$bin/initdb" --pgdata "$data" --auth trust --no-locale --encoding UTF8 > "$folder/initdb" 2>&1 \
        || { skip "initdb fails: $(tail -1 "$folder/initdb")"; return; }
    # As it comes, but for a socket of its own and no TCP.
    as_user taskset -c "$core" "$bin/pg_ctl" -D "$data" -w -l "$data/log" \
        -o "-k $data -c listen_addresses=" start > "$folder/pg_ctl" 2>&1 \
        || { skip "PostgreSQL does not start: $(tail -1 "$folder/pg_ctl")"; return; }
    stop_database=("$bin/pg_ctl" -D "$data" -m fast -w stop)
    local database
    database=$(head -1 "$data/postmaster.pid")
    "$bin/postgres" --version
    start "$baseline" --threads 1 --database "host=$data user=$user dbname=postgres" \
        || { skip "postgres-baseline does not start"; return; }
    measure "$server" "$database"
    stop
}

flags=("$@")
for what in $only; do
    case $what in
        floor) floor ;;
        memory) ringside "in memory" ;;
        durable) ringside "--data-dir" --data-dir "$folder/data" ;;
        postgres) postgres ;;
        *) echo "ONLY takes floor, memory, durable and postgres, not $what" >&2; exit 2 ;;
    esac
done
printf '%-22s %12s %10s %10s %12s\n' "one hot option" "purchases/s" "p50 µs" "p99 µs" "CPU µs each"
printf '%s\n' "${rows[@]}"
