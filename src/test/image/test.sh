#!/usr/bin/env bash
# Builds the image as the Dockerfile says, and uses it, without a daemon and without a registry of images: buildah runs the steps
# in a chroot, on bases made of Debian's packages that have the names of those in the Dockerfile. Needs root on Debian.
# Images and bases are kept in $CONNECTOR_TEST_CACHE (default: ~/.cache/bytefreezer-connector-test); a second run makes no bases.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

say() { echo "image: $*"; }
fail() { say "$*" >&2; exit 1; }

bash src/test/servers/install.sh image
mkdir -p "$HOME/.m2"
export STORE=${CONNECTOR_TEST_CACHE:-$HOME/.cache/bytefreezer-connector-test}/image
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Steps reach registries as this machine does: with the authorities that it trusts.
buildah() { command buildah --root "$STORE" --runroot "$STORE/run" "$@"; }
run() { buildah run --isolation chroot "$@"; }
trust=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)

has() { buildah inspect --type image "localhost/$1" >/dev/null 2>&1; }

# Debian 12, whose Java is 17.
if ! has eclipse-temurin:17-jre; then
    say 'making the base of the last stage'
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,openjdk-17-jre-headless bookworm "$work/base.tar"
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$work/base.tar" / >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$base"
    buildah commit --quiet --rm "$base" localhost/eclipse-temurin:17-jre >/dev/null
    rm "$work/base.tar"
fi
if ! has maven:3-eclipse-temurin-17 || ! has python:3-slim; then
    say 'making the base of the stages before'
    base=$(buildah from --pull-never localhost/eclipse-temurin:17-jre)
    run "${trust[@]}" --env DEBIAN_FRONTEND=noninteractive "$base" -- sh -c 'apt-get update -qq &&
        apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless maven python3-pip' >/dev/null 2>&1
    buildah commit --quiet "$base" localhost/maven:3-eclipse-temurin-17 >/dev/null
    buildah commit --quiet --rm "$base" localhost/python:3-slim >/dev/null
fi

say 'building'
# Docker's format, for the health check; Maven's repository is this machine's.
buildah build --pull-never --format docker --isolation chroot "${trust[@]}" --volume "$HOME/.m2:/root/.m2" \
    --tag bytefreezer-connector . >"$work/build.log" 2>&1 || fail "building failed: $(tail -n 20 "$work/build.log")"

say 'using it'
HEALTH=$(buildah inspect --type image --format '{{index .Docker.Config.Healthcheck.Test 1}}' bytefreezer-connector)
CONTAINER=$(buildah from --pull-never bytefreezer-connector)
export HEALTH CONTAINER
trap 'buildah rm "$CONTAINER" >/dev/null; buildah rmi --prune >/dev/null; rm -rf "$work"' EXIT

# In namespaces of their own: there is no network but the loopback, port 8090 is free, and all processes end with the first.
use() {
    set -euo pipefail
    ip link set lo up
    [ "$(run "$CONTAINER" -- id --user)" = 1000 ] || fail 'it does not run as user 1000'
    records=$(run "$CONTAINER" -- ./bytefreezer-connector --mode batch 2>/dev/null | wc -l)
    [ "$records" = 400 ] || fail "a batch gave $records records of the sample, not 400"
    run "$CONTAINER" -- ./bytefreezer-connector >/dev/null 2>&1 &
    for ((seconds = 0; ; seconds++)); do
        run "$CONTAINER" -- sh -c "$HEALTH" >/dev/null 2>&1 && break
        [ "$seconds" -lt 60 ] || fail "the health check does not answer: $HEALTH"
        sleep 1
    done
    say "a batch gave $records records as user 1000, and the health check answers"
}
export -f buildah run use say fail
unshare --net --pid --fork --kill-child --mount-proc bash -c use
