#!/usr/bin/env bash
# Checkouts (start, hold two seats, pay): Ringside beside the document's stack,
# Express on Node with SQLite (perf/checkout-baseline). Each server has one core,
# the client another; rounds in turn, medians and ratios at the end. What the
# machine lacks is skipped, and said.
#
# Arguments go to `ringside-bench checkouts`. In the environment:
#   ROUNDS=3                 how often each is measured
#   SECONDS_EACH=4           for how long
#   ONLY="memory durable node"
#   CORE=0                   the servers' core
#   DIR=                     where data directories and the database are made
#   CARGO_TARGET_DIR=target  where the programs were built
set -euo pipefail

only=${ONLY:-memory durable node}
rounds=${ROUNDS:-3}
span=${SECONDS_EACH:-4}
core=${CORE:-0}
programs=${CARGO_TARGET_DIR:-target}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/ringside-checkouts.XXXXXX")
server=
flags=("$@")

stop() {
    [ -z "$server" ] || kill "$server" 2> /dev/null || true
    [ -z "$server" ] || wait "$server" 2> /dev/null || true
    server=
}
trap 'stop; rm -rf "$folder"' EXIT

# Runs "$@" on the servers' core and waits until it says where its HTTP is.
start() {
    : > "$folder/line"
    taskset -c "$core" "$@" > "$folder/line" 2> "$folder/log" &
    server=$!
    for _ in $(seq 200); do
        kill -0 "$server" 2> /dev/null || break
        target=$(grep -io 'http on 127\.0\.0\.1:[0-9]*' "$folder/line" | grep -o '127.*' || true)
        [ -z "$target" ] || return 0
        sleep 0.05
    done
    sed 's/^/  /' "$folder/log" >&2
    return 1
}

# Measures the server at $target as $1; what follows are flags.
measure() {
    local name=$1
    shift
    # What it says is shown whether it passed or not.
    "$programs/release/ringside-bench" checkouts --target "http://$target" --server-pid "$server" \
        --duration "${span}s" --warm-up 1s --quiet --json "$folder/report.json" \
        "$@" "${flags[@]}" > "$folder/report" \
        || { cat "$folder/report" >&2; return 1; }
    awk -v name="$name" '
        { gsub(/[",]/, "") }
        $1 == "verb:" { verb = $2 }
        $1 == "outcome:" { is_booked = verb == "PAY" && $2 == "BOOKED" }
        $1 == "p50_us:" && is_booked { median = $2 }
        $1 == "p99_us:" && is_booked { tail = $2; is_booked = 0 }
        $1 == "bookings_per_second:" { rate = $2 }
        $1 == "cpu_us_per_booking:" { cpu = $2 }
        END { printf "%s\t%d\t%.2f\t%.0f\t%.0f\n", name, rate, cpu, median, tail }
    ' "$folder/report.json" >> "$folder/rows"
    tail -1 "$folder/rows" >&2
    stop
}

ringside() {
    local name=$1
    shift
    start "$programs/release/ringside" --seat-port 0 --source-port 0 --listener-port 0 \
        --http-port 0 --bind 127.0.0.1 --shards 1 --cpus "$core" --log-level warn "$@"
    measure "$name"
}

node_stack() {
    local database=$folder/database-$1
    start node "$here/checkout-baseline/server.mjs" "$database"
    # It needs fewer: it sells less in that time.
    measure "Express, SQLite" --events 16
}

has_node() {
    command -v node > /dev/null && command -v npm > /dev/null || {
        echo "SKIPPED: node or npm is not installed: nothing to compare with" >&2
        return 1
    }
    # Built before, and still as the lock file says.
    npm ls --prefix "$here/checkout-baseline" > /dev/null 2>&1 && return
    npm ci --prefix "$here/checkout-baseline" --silent --no-audit --no-fund > "$folder/npm" 2>&1 || {
        echo "SKIPPED: npm ci fails in perf/checkout-baseline (no registry, no compiler?):" >&2
        tail -5 "$folder/npm" >&2
        return 1
    }
}

case $only in *node*) has_node || only=${only//node/} ;; esac
: > "$folder/rows"
for round in $(seq "$rounds"); do
    for what in $only; do
        case $what in
            memory) ringside "Ringside, in memory" ;;
            durable) ringside "Ringside, --data-dir" --data-dir "$folder/data-$round" ;;
            node) node_stack "$round" ;;
            *) echo "ONLY takes memory, durable and node, not $what" >&2; exit 2 ;;
        esac
    done
done

# Medians, and how many times as much as Express in the same round.
awk -F'\t' -v rounds="$rounds" '
    function median(list, count,    i, j, kept, at) {
        for (i = 1; i <= count; i++) at[i] = list[i]
        for (i = 2; i <= count; i++)
            for (j = i; j > 1 && at[j - 1] > at[j]; j--) { kept = at[j]; at[j] = at[j - 1]; at[j - 1] = kept }
        return count % 2 ? at[(count + 1) / 2] : (at[count / 2] + at[count / 2 + 1]) / 2
    }
    { n[$1]++; if (n[$1] == 1) order[++names] = $1
      for (f = 2; f <= 5; f++) value[$1, f, n[$1]] = $f }
    END {
        base = "Express, SQLite"
        printf "%-22s %12s %12s %9s %9s %12s %12s\n", "medians of " rounds " rounds", "checkouts/s",
            "CPU µs each", "p50 µs", "p99 µs", "x rate", "x less CPU"
        for (i = 1; i <= names; i++) {
            name = order[i]
            printf "%-22s", name
            for (f = 2; f <= 5; f++) {
                for (r = 1; r <= n[name]; r++) column[r] = value[name, f, r]
                printf(f == 2 ? " %12.0f" : f == 3 ? " %12.2f" : " %9.0f", median(column, n[name]))
            }
            if (n[base] == n[name] && n[base] > 0) {
                for (r = 1; r <= n[name]; r++) rate[r] = value[name, 2, r] / value[base, 2, r]
                for (r = 1; r <= n[name]; r++) cpu[r] = value[base, 3, r] / value[name, 3, r]
                printf " %12.1f %12.1f", median(rate, n[name]), median(cpu, n[name])
            }
            printf "\n"
        }
    }
' "$folder/rows"
