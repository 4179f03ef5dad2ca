package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.PgBouncer;
import com.bytefreezer.connector.testing.PostgresServer;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class PostgresCursorTest extends CursorContract {
    private static final int CLAIM_SECONDS = 60;
    private static PostgresServer postgres;

    private final List<Cursor> replicas = new ArrayList<>();

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @AfterEach
    void forget() throws SQLException {
        replicas.forEach(Cursor::close);
        postgres.empty();
    }

    @Override
    Cursor open(Duration lookback) {
        return open(CLAIM_SECONDS, lookback);
    }

    private static Cursor open(int claimSeconds, Duration lookback) {
        return at(postgres.url(), claimSeconds, lookback);
    }

    private static Cursor at(String url) {
        return at(url, CLAIM_SECONDS, LOOKBACK);
    }

    private static Cursor at(String url, int claimSeconds, Duration lookback) {
        StoreAddress address = new PostgresAddress(
                url, Optional.of(PostgresServer.USERNAME), Optional.of(PostgresServer.PASSWORD), claimSeconds);
        return new Cursor(address.open(), new Scope("", lookback));
    }

    private Cursor replica(int claimSeconds) {
        Cursor replica = open(claimSeconds, LOOKBACK);
        replicas.add(replica);
        return replica;
    }

    @Override
    Connection connect() throws SQLException {
        return postgres.connect();
    }

    @Override
    long bytes() throws SQLException {
        return number("SELECT pg_total_relation_size('object')");
    }

    // -- claims

    @Test
    void whatOneReplicaHasClaimedIsNoOtherOnes() {
        Cursor other = replica(CLAIM_SECONDS);
        Recorded mine = unit(object("a", NOON));
        Recorded theirs = unit(object("a", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        assertThat(other.add(exchange(theirs), "key")).isFalse();
        assertThat(theirs.elsewhere).isTrue();
        assertThat(isNew(object("a", NOON))).isTrue();

        assertThat(cursor.confirm(exchange(mine), "key")).isTrue();
        Recorded late = unit(object("a", NOON));
        assertThat(other.add(exchange(late), "key")).isFalse();
        assertThat(late.elsewhere).as("it is delivered").isFalse();
    }

    @Test
    void whatOneReplicaReleasesAnotherGoesOnWithAtItsCheckpoint() {
        Cursor other = replica(CLAIM_SECONDS);
        checkpoint(QUERY, new Counts(5, 3, 1, 1), object("a", NOON));
        Recorded theirs = unit(object("a", NOON));
        assertThat(other.add(exchange(theirs), "key")).isTrue();
        assertThat(theirs.claimed).isEqualTo(new Counts(0, 3, 1, 1));
    }

    @Test
    void aBundleIsClaimedAsAWholeOrNotAtAll() throws Exception {
        Cursor other = replica(CLAIM_SECONDS);
        Recorded mine = unit(object("b", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        Recorded bundle = unit(object("a", NOON), object("b", NOON), object("c", NOON));
        assertThat(other.add(exchange(bundle), "key")).isFalse();
        assertThat(bundle.elsewhere).isTrue();
        assertThat(number("SELECT count(*) FROM claim")).isEqualTo(1);
        assertThat(other.add(exchange(unit(object("c", NOON), object("a", NOON))), "key"))
                .isTrue();
    }

    @Test
    void aFullSyncIsOneReplicas() {
        Cursor other = replica(CLAIM_SECONDS);
        Recorded mine = unit(LANE, QUERY, Counts.NONE, "listing-1", object("a", NOON));
        Recorded theirs = unit(LANE, QUERY, Counts.NONE, "listing-2", object("a", NOON), object("b", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        assertThat(other.add(exchange(theirs), "key")).isFalse();
        Recorded otherLane = unit(OTHER_LANE, QUERY, Counts.NONE, "listing-1", object("a", NOON));
        assertThat(other.add(exchange(otherLane), "key")).isTrue();
    }

    @Test
    void anExpiredClaimIsTakenOverAndItsFirstHolderCannotWrite() throws Exception {
        Cursor other = replica(CLAIM_SECONDS);
        Recorded mine = unit(LANE, QUERY, new Counts(5, 3, 1, 1), null, object("a", NOON), object("b", NOON));
        Recorded theirs = unit(object("a", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        expire();
        assertThat(other.add(exchange(theirs), "key")).isTrue();

        assertThatThrownBy(() -> cursor.checkpoint(mine))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("is lost: it was not renewed in time")
                .hasMessageNotContaining(PostgresServer.PASSWORD);
        assertThat(mine.elsewhere).isTrue();
        assertThat(number("SELECT count(*) FROM object")).isZero();
        cursor.remove(exchange(mine), "key");
        assertThat(other.confirm(exchange(theirs), "key")).isTrue();
        assertThat(theirs.recorded).isTrue();
        assertThat(isNew(object("b", NOON))).isTrue();
    }

    @Test
    void aCommitWithoutTheClaimRecordsNothing() throws Exception {
        Cursor other = replica(CLAIM_SECONDS);
        Recorded mine = unit(object("a", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        expire();
        assertThat(other.add(exchange(unit(object("a", NOON))), "key")).isTrue();
        assertThat(cursor.confirm(exchange(mine), "key")).isFalse();
        assertThat(mine.recorded).isFalse();
        assertThat(mine.elsewhere).isTrue();
        assertThat(mine.reasons).isEmpty();
        assertThat(isNew(object("a", NOON))).isTrue();
    }

    @Test
    void aClaimThatNobodyTookIsStillItsHolders() throws Exception {
        Recorded mine = unit(object("a", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        expire();
        cursor.checkpoint(mine);
        assertThat(cursor.confirm(exchange(mine), "key")).isTrue();
    }

    @Test
    void claimsAreRenewedWhileTheirHolderLives() throws Exception {
        Cursor shortly = replica(1);
        assertThat(shortly.add(exchange(unit(object("a", NOON))), "key")).isTrue();
        long first = number("SELECT extract(epoch FROM expires_at) * 1000000 FROM claim");
        Await.until("two renewals", () -> expiry() > first + 1_500_000);
        Recorded theirs = unit(object("a", NOON));
        assertThat(cursor.add(exchange(theirs), "key")).isFalse();
        shortly.close();
        Await.until("the end of a claim", () -> cursor.add(exchange(unit(object("a", NOON))), "key"));
    }

    @Test
    void resetTakesTheClaimsAway() {
        Recorded mine = unit(object("a", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        replica(CLAIM_SECONDS).lanes().reset();
        assertThat(cursor.confirm(exchange(mine), "key")).isFalse();
        assertThat(isNew(object("a", NOON))).isTrue();
    }

    @Test
    void claimsOfTheLongDeadAreForgotten() throws Exception {
        assertThat(cursor.add(exchange(unit(object("gone", NOON))), "key")).isTrue();
        execute("UPDATE claim SET expires_at = now() - interval '2 days'");
        advance(NOON);
        assertThat(number("SELECT count(*) FROM claim")).isZero();
    }

    @Test
    void eachUnitIsDeliveredByOneReplicaAndSlicesMakeTheObject() throws Exception {
        List<LakeObject> slices = object("big", NOON).slices(400, 10);
        AtomicInteger deliveries = new AtomicInteger();
        var delivered = ConcurrentHashMap.<String>newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Boolean>> work = IntStream.range(0, 8)
                    .<Callable<Boolean>>mapToObj(thread -> {
                        Cursor replica = thread % 2 == 0 ? cursor : replica(CLAIM_SECONDS);
                        return () -> {
                            for (LakeObject slice : slices) {
                                Exchange exchange = exchange(unit(LANE, QUERY, new Counts(10, 10, 0, 0), null, slice));
                                if (replica.add(exchange, "key")) {
                                    deliveries.incrementAndGet();
                                    delivered.add(slice.key());
                                    replica.confirm(exchange, "key");
                                }
                            }
                            return true;
                        };
                    })
                    .toList();
            for (Future<Boolean> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(deliveries).hasValue(40);
        assertThat(delivered).hasSize(40);
        assertThat(number("SELECT count(*) FROM object")).isEqualTo(1);
        assertThat(number("SELECT accepted FROM object WHERE key = 'big'")).isEqualTo(400);
        assertThat(number("SELECT count(*) FROM claim")).isZero();
    }

    @Test
    void replicasThatStartTogetherMakeTheTablesOnce() throws Exception {
        forget();
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            Callable<Boolean> start = () -> {
                open(LOOKBACK).close();
                return true;
            };
            for (Future<Boolean> done : threads.invokeAll(Collections.nCopies(6, start))) {
                assertThat(done.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(number("SELECT count(*) FROM schema_version")).isEqualTo(1);
    }

    // -- the server

    @Test
    void aServerThatComesBackIsWaitedForAndNothingIsForgotten() throws Exception {
        assertThatACommitWaits(postgres::kill, postgres::restart);
    }

    private void assertThatACommitWaits(Runnable fault, Runnable end) throws Exception {
        Recorded mine = unit(object("a", NOON));
        assertThat(cursor.add(exchange(mine), "key")).isTrue();
        fault.run();
        CompletableFuture<Boolean> commit = CompletableFuture.supplyAsync(() -> cursor.confirm(exchange(mine), "key"));
        Thread.sleep(1500);
        assertThat(commit).isNotDone();
        end.run();
        assertThat(commit.get()).isTrue();
        assertThat(mine.recorded).isTrue();
        assertThat(isNew(object("a", NOON))).isFalse();
    }

    private void assertThatItCannotBeRecorded(Cursor cursor, Recorded mine) {
        assertThat(cursor.confirm(exchange(mine), "key")).isFalse();
        assertThat(mine.reasons).singleElement().satisfies(reason -> assertThat(reason)
                .hasMessageStartingWith("cursor " + postgres.url() + ": cannot be written (")
                .hasMessageEndingWith("Check that PostgreSQL is running and accepts connections.")
                .hasMessageNotContaining("\n"));
    }

    @Test
    void aFailoverToAPrimaryIsWaitedFor() throws Exception {
        assertThatACommitWaits(() -> takesWrites(false), () -> takesWrites(true));
    }

    @Test
    void aStandbyIsNamedAsTheReason() throws Exception {
        Cursor shortly = replica(1);
        Recorded mine = unit(object("a", NOON));
        assertThat(shortly.add(exchange(mine), "key")).isTrue();
        takesWrites(false);
        try {
            assertThat(shortly.confirm(exchange(mine), "key")).isFalse();
            assertThat(mine.reasons)
                    .singleElement()
                    .satisfies(
                            reason -> assertThat(reason)
                                    .hasMessageContaining("in a read-only transaction")
                                    .hasMessageEndingWith(
                                            "This server is a standby or does not accept writes: put the primary, or all hosts of the cluster, into cursor.url."));
        } finally {
            takesWrites(true);
        }
        assertThat(isNew(object("a", NOON))).isTrue();
    }

    private static void takesWrites(boolean does) {
        try {
            postgres.takesWrites(does);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aPoolMayGiveEachTransactionAnotherConnection() {
        try (PgBouncer pool = PgBouncer.before(postgres)) {
            List<Cursor> pooled = List.of(at(pool.url()), at(pool.url()));
            replicas.addAll(pooled);
            List<LakeObject> objects = IntStream.range(0, 60)
                    .mapToObj(i -> object("pooled-" + i, NOON))
                    .toList();
            objects.parallelStream().forEach(object -> {
                Cursor replica = pooled.get(objects.indexOf(object) % 2);
                Recorded mine = unit(object);
                assertThat(replica.add(exchange(mine), "key")).isTrue();
                replica.checkpoint(mine);
                assertThat(replica.confirm(exchange(mine), "key")).isTrue();
            });
            for (int i = 0; i < 20; i++) {
                Recorded bundle = unit(object("b" + i, NOON), object("c" + i, NOON), object("d" + i, NOON));
                assertThat(pooled.get(i % 2).add(exchange(bundle), "key")).isTrue();
                assertThat(pooled.get(i % 2).confirm(exchange(bundle), "key")).isTrue();
            }
            assertThat(objects).noneMatch(this::isNew);
            pooled.forEach(Cursor::close);
        }
    }

    @Test
    void aServerThatStaysAwayFailsTheRunInOneLine() throws Exception {
        Cursor shortly = replica(1);
        Recorded mine = unit(object("a", NOON));
        assertThat(shortly.add(exchange(mine), "key")).isTrue();
        postgres.kill();
        try {
            assertThatItCannotBeRecorded(shortly, mine);
            assertThatThrownBy(() -> open(LOOKBACK))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageStartingWith("cursor " + postgres.url() + ": cannot be opened (")
                    .hasMessageContaining("refused")
                    .hasMessageNotContaining("\n");
        } finally {
            postgres.restart();
        }
        assertThat(isNew(object("a", NOON))).isTrue();
    }

    @Test
    void aServerThatHangsForSecondsOnlyTakesTime() throws Exception {
        assertThatACommitWaits(postgres::pause, postgres::resume);
    }

    @Test
    void aServerThatHangsLongFailsTheRunAndTheNextRecords() throws Exception {
        Cursor shortly = replica(1);
        Recorded mine = unit(object("a", NOON));
        assertThat(shortly.add(exchange(mine), "key")).isTrue();
        postgres.pause();
        try {
            assertThatItCannotBeRecorded(shortly, mine);
        } finally {
            postgres.resume();
        }
        assertThat(isNew(object("a", NOON))).isTrue();
        Recorded again = unit(object("a", NOON));
        Await.until("the end of the old claim", () -> shortly.add(exchange(again), "key"));
        assertThat(shortly.confirm(exchange(again), "key")).isTrue();
        assertThat(isNew(object("a", NOON))).isFalse();
    }

    @Test
    void aSlowServerOnlyTakesTime() {
        try (LatencyProxy network =
                LatencyProxy.start(URI.create(postgres.url().substring("jdbc:".length())), Duration.ofMillis(300))) {
            Cursor far = at("jdbc:" + network.endpoint() + "/postgres");
            replicas.add(far);
            Recorded mine = unit(object("a", NOON));
            assertThat(far.add(exchange(mine), "key")).isTrue();
            assertThat(far.confirm(exchange(mine), "key")).isTrue();
            assertThat(mine.reasons).isEmpty();
            assertThat(isNew(object("a", NOON))).isFalse();
            far.close();
        }
    }

    @Test
    void aServerThatAnswersGarbageIsRefusedInOneLine() throws Exception {
        try (ScriptedServer web = ScriptedServer.start()) {
            web.reply(Reply.of(400, "this is no database"));
            assertThatThrownBy(() -> at("jdbc:postgresql://127.0.0.1:%d/postgres"
                            .formatted(web.url().getPort())))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageContaining(": cannot be opened (")
                    .hasMessageEndingWith("and that PostgreSQL is running.")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() {
        assertThatThrownBy(() -> new PostgresAddress(
                                postgres.url() + "?password=wrong-secret&user=connector",
                                Optional.empty(),
                                Optional.empty(),
                                CLAIM_SECONDS)
                        .open())
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("password authentication failed for user \"connector\"")
                .hasMessageNotContaining("wrong-secret")
                .hasMessageNotContaining("\n");
    }

    @Override
    void die() throws SQLException {
        super.die();
        expire();
    }

    private void expire() throws SQLException {
        execute("UPDATE claim SET expires_at = now() - interval '1 second'");
    }

    private long expiry() {
        try {
            return number("SELECT extract(epoch FROM expires_at) * 1000000 FROM claim");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
