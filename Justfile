# Everything here needs cargo and just only, unless it says otherwise.

# Where cargo puts what it builds.
target := env("CARGO_TARGET_DIR", "target")

# What can be done.
default:
    @just --list --unsorted

# Start the server with release speed; flags go after: `just run --shards 2`.
run *flags:
    cargo run --release -- {{flags}}

# A box office to play with: open the address that it prints.
demo *flags:
    cargo run --release -- demo {{flags}}

# What 10,000 watchers of one event cost: server on one core, they on the other.
watchers *flags:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --quiet -p ringside -p ringside-perf --bin ringside --bin watchers
    {{target}}/release/ringside --seat-port 0 --source-port 0 --listener-port 0 --http-port 3190 \
        --shards 1 --cpus 0 --log-level warn > /dev/null &
    server=$!
    trap 'kill $server 2> /dev/null; wait $server 2> /dev/null || true' EXIT
    sleep 1
    taskset -c 1 {{target}}/release/watchers --pid $server 127.0.0.1:3190 {{flags}}

# All tests.
test:
    cargo test --workspace

# What must pass before a change lands: format, lints, docs, tests.
ci:
    .ci/run

# Work on the page against a stand-in for the server (needs node).
page port="8080":
    node web/mock.mjs {{port}}

# Drive the page in Chromium, against BASE_URL or the stand-in (needs node, npm, chromium).
page-test:
    npm ci --prefix web/tests --silent
    npm test --prefix web/tests --silent

# The original test's whole scenario, 500,000 seats, against a fresh server.
harness *flags: (_with-server "harness" flags)

# Load on a fresh server, latency and CPU time; an open loop: `just bench --rate 50k`; then a match stream.
bench *flags: (_with-server "seats" flags) (_with-server "match")

# The same load, and a page with plots of it: target/report/index.html.
report *flags: (_with-server "seats" "--report" "target/report" flags)

# The highest rate with an objective, against a fresh server: `just find-max 'p99<5ms'`.
find-max slo="p99<5ms" *flags: (_with-server "find-max" "--slo" ("'" + slo + "'") flags)

# A million likes out of order against a fresh server; every match checked.
match *flags: (_with-server "match" flags)

# Purchases of one hot ticket option by HTTP, nothing oversold; of many: `just purchases --options 1000`.
purchases *flags: (_with-server "purchases" flags)

# Members hold, free and purchase tickets at random, legally or not; every answer checked.
hammer *flags: (_with-server "hammer" flags)

# Sell out an event to a crowd: queue, seat map, holds, payment; exactly N sold, and was the line fair?
onsale *flags: (_with-server "onsale" flags)

# Checkouts as fast as they go: start, hold two seats, pay; seat maps alone: `just checkouts -c 0 --watchers 16`.
checkouts *flags: (_with-server "checkouts" flags)

# Checkouts beside the document's stack, Express and SQLite, one core each (needs node and npm).
checkouts-baseline *flags:
    cargo build --release --workspace --quiet
    perf/checkouts-baseline.sh {{flags}}

# Purchases beside a constant answer and beside PostgreSQL, one core each (see perf/purchases-baseline.sh).
purchases-baseline *flags:
    cargo build --release --workspace --quiet
    CARGO_TARGET_DIR="$(realpath "${CARGO_TARGET_DIR:-target}")/postgres-baseline" cargo build \
        --release --quiet --manifest-path perf/postgres-baseline/Cargo.toml
    perf/purchases-baseline.sh {{flags}}

# Ringside beside Redis and memcached, whichever are installed: medians, ratios.
peers *flags:
    cargo build --release --workspace --quiet
    {{target}}/release/ringside-bench peers {{flags}}

# Hunt for requests that are never answered, for so many seconds.
stall seconds="180":
    RINGSIDE_STALL_SECONDS={{seconds}} cargo test --release --test stall -- --nocapture

# Kill a durable server under load so many times; nothing acknowledged may go.
crash times="50":
    RINGSIDE_CRASHES={{times}} cargo test --release --test crash -- --nocapture

# Simulate so many seeds: journals, and whole shards, on a disk that fails.
sim seeds="20000":
    RINGSIDE_SIM_SEEDS={{seeds}} cargo test --release --test journal_simulation --test shard_simulation -- \
        --nocapture --skip a_broken_gate_is_caught

# Build for a profiler: release code with symbols and frame pointers.
profile:
    RUSTFLAGS="-C force-frame-pointers=yes" cargo build --profile profiling --workspace

# Distance to the floor with one shard, and what crossing cores costs with two.
floor *flags: _lab
    {{target}}/release/lab floor {{flags}}

# CPU per command with 1 to N shards.
scale *flags: _lab
    {{target}}/release/lab scale {{flags}}

# Durable Ringside beside Redis, itself in memory, and this disk: `just durable --dir /mnt/disk`.
durable *flags: _lab
    {{target}}/release/lab durable {{flags}}

# How long this machine stops its own cores: no latency measured here can be better.
hiccups *flags: _lab
    {{target}}/release/lab hiccups {{flags}}

# Parser, table, route, session, batch, journal frame, histogram: each by itself.
micro *flags:
    cargo bench -p ringside-perf --bench hot_path -- {{flags}}

# Compare two commits: both built, run in turn, with an interval.
ab rev_a rev_b *flags: _lab
    #!/usr/bin/env bash
    set -euo pipefail
    build() {
        commit=$(git rev-parse --verify --short "$1^{commit}")
        program=target/ab/$commit/ringside
        if [ ! -x "$program" ]; then
            tree=target/ab/tree
            git worktree remove --force "$tree" 2> /dev/null || true
            git worktree add --quiet --detach "$tree" "$commit"
            # One target directory for all commits: dependencies build once.
            CARGO_TARGET_DIR=target/ab/build cargo build --release --quiet \
                --manifest-path "$tree/Cargo.toml" --bin ringside
            mkdir -p "target/ab/$commit"
            cp target/ab/build/release/ringside "$program"
            git worktree remove --force "$tree"
        fi
        echo "$program"
    }
    echo "building {{rev_a}} and {{rev_b}}: a minute or two each" >&2
    a=$(build "{{rev_a}}")
    b=$(build "{{rev_b}}")
    {{target}}/release/lab ab "$a" "$b" {{flags}}

# Flame graph of the server under load, into target/flame.svg (needs perf).
flame *flags: _perf _lab-profiling
    mkdir -p target
    {{target}}/profiling/lab load {{flags}} -- \
        perf record -e cpu-clock -F 1997 -g -o target/flame.data -p '{pid}' -- sleep 8
    perf script --no-inline -i target/flame.data 2> /dev/null | {{target}}/profiling/lab flame > target/flame.svg
    @echo "target/flame.svg"

# What the kernel counts while the server is under load (needs perf).
perf-stat *flags: _perf _lab
    {{target}}/release/lab load {{flags}} -- perf stat -d -p '{pid}' -- sleep 8

_lab:
    cargo build --release --quiet -p ringside-perf --bin lab

_lab-profiling:
    RUSTFLAGS="-C force-frame-pointers=yes" cargo build --profile profiling --quiet \
        -p ringside-perf --bin lab

_perf:
    @perf --version > /dev/null 2>&1 || { echo "perf is not installed: the package is called \
    linux-perf, perf or linux-tools" >&2; exit 1; }

# Start a server on a free port, run the client against it, stop it.
_with-server command *flags:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --workspace --quiet
    line=$(mktemp)
    {{target}}/release/ringside --seat-port 0 --source-port 0 --listener-port 0 --http-port 0 \
        --bind 127.0.0.1 --log-level warn > "$line" &
    server=$!
    trap 'kill $server 2> /dev/null; wait $server 2> /dev/null || true; rm -f "$line"' EXIT
    while ! grep -q ready "$line"; do
        kill -0 $server
        sleep 0.05
    done
    cat "$line"
    where() { grep -io "$1 on 127\.0\.0\.1:[0-9]*" "$line" | grep -o '127.*'; }
    case {{command}} in
        match) peers=(--source "$(where 'match sources')" --listener "$(where listeners)") ;;
        seats | find-max) peers=("$(where seats)" --server-pid $server) ;;
        purchases | onsale | checkouts) peers=(--target "http://$(where http)" --server-pid $server) ;;
        hammer) peers=(--target "http://$(where http)") ;;
        *) peers=("$(where seats)") ;;
    esac
    {{target}}/release/ringside-bench {{command}} "${peers[@]}" {{flags}}
