package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds for a cursor in every store. */
abstract class CursorContract {
    static final Lane LANE = new Lane("default", "webhook");
    static final Lane OTHER_LANE = new Lane("other", "webhook");
    static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
    static final Duration LOOKBACK = Duration.ofHours(24);
    static final String QUERY = "query-1";

    Cursor cursor;
    private final DefaultCamelContext camel = new DefaultCamelContext();

    /** Opens the store of this test; another time as after a restart. */
    abstract Cursor open(Duration lookback);

    /** To look into the store from outside. */
    abstract Connection connect() throws SQLException;

    @BeforeEach
    void openCursor() {
        cursor = open(LOOKBACK);
    }

    @AfterEach
    void close() throws IOException {
        cursor.close();
        camel.close();
    }

    // -- what is new

    @Test
    void anObjectIsNewUntilItIsDelivered() {
        LakeObject object = object("a", NOON);
        Exchange exchange = exchange(unit(object));
        assertThat(isNew(object)).isTrue();
        assertThat(cursor.contains(exchange, "key")).isFalse();

        assertThat(cursor.add(exchange, "key")).isTrue();
        assertThat(isNew(object)).isTrue();
        assertThat(cursor.confirm(exchange, "key")).isTrue();
        assertThat(isNew(object)).isFalse();
        assertThat(cursor.contains(exchange, "key")).isTrue();
    }

    @Test
    void whatIsDeliveredStaysSoAfterARestart() {
        deliver(object("a", NOON));
        advance(NOON);
        checkpoint(QUERY, new Counts(5, 3, 1, 1), object("b", NOON));
        reopen(LOOKBACK);
        assertThat(isNew(object("a", NOON))).isFalse();
        assertThat(position().watermark()).isEqualTo(NOON);
        assertThat(delivered(object("b", NOON), QUERY)).isEqualTo(new Counts(0, 3, 1, 1));
    }

    @Test
    void theCountsOfAllObjectsAddUpToWhatWasDelivered() throws Exception {
        Counts ofBundle = new Counts(10, 7, 2, 1);
        deliver(unit(LANE, QUERY, ofBundle, null, object("a", NOON), object("b", NOON)));
        for (LakeObject slice : object("big", NOON).slices(20, 10)) {
            deliver(unit(LANE, QUERY, new Counts(10, 9, 0, 1), null, slice));
        }

        try (var connection = connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT count(*), sum(selected), sum(accepted), sum(duplicates), sum(dead_lettered) FROM object")) {
            row.next();
            assertThat(row.getLong(1)).isEqualTo(3);
            assertThat(new Counts(row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)))
                    .isEqualTo(new Counts(30, 25, 2, 3));
        }
    }

    @Test
    void objectsOfTheSameSecondAreToldApart() {
        deliver(object("a", NOON));
        advance(NOON);
        assertThat(isNew(object("b", NOON))).isTrue();
        assertThat(isNew(object("a", NOON))).isFalse();
    }

    @Test
    void theSameKeyWithAnotherSizeOrTimeIsAnotherObject() {
        deliver(object("a", NOON));
        assertThat(isNew(new LakeObject("u", "a", 101, NOON))).isTrue();
        assertThat(isNew(object("a", NOON.plusSeconds(1)))).isTrue();
    }

    @Test
    void anotherExportHasItsOwnCursor() {
        deliver(object("a", NOON));
        advance(NOON);
        assertThat(cursor.lanes()
                        .newOnes(
                                cursor.lanes().position(OTHER_LANE),
                                OTHER_LANE,
                                List.of(object("a", NOON)).iterator()))
                .hasNext();
        assertThat(cursor.lanes().knows(LANE)).isTrue();
        assertThat(cursor.lanes().knows(OTHER_LANE)).isFalse();
    }

    @Test
    void anObjectThatAppearsLateIsNewHoweverOldItIs() {
        deliver(object("a", NOON));
        advance(NOON);
        assertThat(isNew(object("late", NOON.minus(LOOKBACK)))).isTrue();
        assertThat(isNew(object("years late", NOON.minus(Duration.ofDays(3000)))))
                .isTrue();
        advance(NOON.plus(Duration.ofDays(90)));
        assertThat(isNew(object("a", NOON))).isFalse();
    }

    @Test
    void theSameBytesWithAnotherTimeAreTheSameObject() {
        deliver(object("a", NOON, "\"e1\""));
        assertThat(isNew(object("a", NOON.plusSeconds(5), "\"e1\""))).isFalse();
        assertThat(isNew(object("a", NOON, "\"e2\""))).isTrue();
        advance(NOON.plus(Duration.ofDays(90)));
        assertThat(isNew(object("a", NOON.plus(Duration.ofDays(91)), "\"e1\""))).isFalse();
    }

    @Test
    void whatIsBegunGoesOnAfterACopyInPlace() {
        checkpoint(QUERY, new Counts(5, 3, 1, 1), object("a", NOON, "\"e1\""));
        LakeObject copy = object("a", NOON.plusSeconds(5), "\"e1\"");
        assertThat(delivered(copy, QUERY)).isEqualTo(new Counts(0, 3, 1, 1));
        deliver(copy);
        advance(NOON.plus(Duration.ofDays(90)));
        assertThat(isNew(copy)).isFalse();
    }

    @Test
    void slicesOfACopyInPlaceStayUntilAllAreDelivered() throws Exception {
        List<LakeObject> slices = object("big", NOON, "\"e1\"").slices(30, 10);
        List<LakeObject> later = object("big", NOON.plusSeconds(5), "\"e1\"").slices(30, 10);
        deliver(slices.get(0));
        advance(NOON.plus(Duration.ofDays(90)));
        assertThat(isNew(later.get(0))).isFalse();
        assertThat(isNew(later.get(1))).isTrue();
        deliver(later.get(1));
        deliver(slices.get(2));
        assertThat(isNew(later.get(0).whole())).isFalse();
        assertThat(number("SELECT count(*) FROM object")).isEqualTo(1);
    }

    @Test
    void aListingWithoutEtagsKnowsWhatIsDeliveredByItsTime() {
        deliver(object("a", NOON));
        assertThat(isNew(object("a", NOON, "\"e1\""))).isFalse();
        // The ETag is known from now on.
        assertThat(isNew(object("a", NOON.plusSeconds(5), "\"e1\""))).isFalse();
        assertThat(isNew(object("a", NOON.plusSeconds(5), "\"e2\""))).isTrue();
    }

    @Test
    void anObjectWithOtherBytesIsToldFromANewOne() {
        deliver(object("a", NOON, "\"e1\""));
        NewObjects found = cursor.lanes()
                .newOnes(
                        position(),
                        LANE,
                        List.of(object("a", NOON, "\"e2\""), object("b", NOON, "\"e1\""))
                                .iterator());
        assertThat(found).toIterable().hasSize(2);
        assertThat(found.replaced()).isEqualTo(1);
        assertThat(found.replacedExample()).map(LakeObject::key).contains("a");
    }

    @Test
    void anExportLeavesOutWhatWasThereBeforeItsStart() {
        cursor.lanes().begin(LANE, NOON);
        LakeObject before = object("before", NOON.minusMillis(1));
        NewObjects found = cursor.lanes()
                .newOnes(
                        position(), LANE, List.of(before, object("after", NOON)).iterator());
        assertThat(found).toIterable().extracting(LakeObject::key).containsExactly("after");
        assertThat(found.beforeStart()).isEqualTo(1);
        advance(NOON);
        assertThat(isNew(before)).isFalse();
        assertThat(isNew(object("came later", NOON.minus(Duration.ofDays(3000)))))
                .isTrue();
    }

    @Test
    void anExportOfAnEmptyDatasetWaitsForWhatIsOlder() {
        cursor.lanes().begin(LANE, NOON);
        cursor.lanes().advance(LANE, NOON, true);
        assertThat(isNew(object("before", NOON.minusMillis(1)))).isFalse();
        assertThat(isNew(object("after", NOON))).isTrue();
    }

    @Test
    void anExportFromLatestLeavesOutEvenTheFutureItSeesFirst() {
        cursor.lanes().begin(LANE, Position.AFTER_FIRST_LISTING);
        assertThat(position().watermark()).isEqualTo(Instant.EPOCH);
        LakeObject future = object("a", NOON.plus(Duration.ofDays(9000)));
        assertThat(isNew(future)).isFalse();
        advance(NOON);
        assertThat(isNew(future)).isFalse();
        assertThat(isNew(object("b", Instant.EPOCH))).isTrue();
        assertThat(position().start()).isEqualTo(NOON);
    }

    @Test
    void aStartInTheFutureIsPutRight() {
        cursor.lanes().begin(LANE, NOON.plus(Duration.ofDays(5)));
        assertThat(cursor.lanes().notAfter(LANE, NOON)).isEqualTo(Position.at(NOON));
        assertThat(isNew(object("a", NOON))).isTrue();
    }

    @Test
    void theWatermarkNeverGoesBack() {
        advance(NOON);
        advance(NOON.minusSeconds(60));
        assertThat(position().watermark()).isEqualTo(NOON);
        advance(NOON.minusSeconds(60));
        assertThat(position().watermark()).isEqualTo(NOON);
    }

    @Test
    void aLongerLookBackDoesNotMakeForgottenObjectsNewAgain() {
        LakeObject old = object("a", NOON.minus(Duration.ofHours(30)));
        deliver(old);
        advance(NOON);
        reopen(Duration.ofHours(48));
        assertThat(isNew(old)).isFalse();
        advance(NOON.plusSeconds(1));
        assertThat(isNew(old)).isFalse();
        assertThat(isNew(object("late", NOON.minus(LOOKBACK)))).isTrue();
    }

    @Test
    void theNumberOfRowsIsBoundedByTheLookBack() throws Exception {
        for (int hour = 0; hour < 100; hour++) {
            Instant time = NOON.plus(Duration.ofHours(hour));
            deliver(object("hour-" + hour, time));
            advance(time);
        }
        assertThat(number("SELECT count(*) FROM object")).isEqualTo(25);
    }

    // -- inside an object

    @Test
    void aCheckpointHoldsOnlyForTheQueryItWasMadeWith() {
        LakeObject object = object("a", NOON);
        checkpoint(QUERY, new Counts(500, 400, 60, 40), object);
        assertThat(isNew(object)).isTrue();
        assertThat(delivered(object, QUERY)).isEqualTo(new Counts(0, 400, 60, 40));
        assertThat(delivered(object, "query-2")).isEqualTo(Counts.NONE);
        assertThat(delivered(object("b", NOON), QUERY)).isEqualTo(Counts.NONE);

        checkpoint("query-2", new Counts(7, 7, 0, 0), object);
        assertThat(delivered(object, "query-2").accepted()).isEqualTo(7);
        deliver(object);
        assertThat(cursor.add(exchange(unit(object)), "key")).isFalse();
    }

    // -- units of several objects

    @Test
    void aUnitOfSeveralObjectsIsDeliveredAsAWhole() {
        Recorded both = unit(object("a", NOON), object("b", NOON));
        assertThat(cursor.contains(exchange(both), "key")).isFalse();
        deliver(both);
        assertThat(cursor.contains(exchange(both), "key")).isTrue();
        assertThat(isNew(object("a", NOON))).isFalse();
        assertThat(isNew(object("b", NOON))).isFalse();
    }

    @Test
    void aUnitPartlyDeliveredByNowIsNotThisRuns() {
        deliver(object("a", NOON));
        Recorded both = unit(object("a", NOON), object("b", NOON));
        assertThat(cursor.contains(exchange(both), "key")).isFalse();
        assertThat(cursor.add(exchange(both), "key")).isFalse();
        assertThat(both.elsewhere).isTrue();
        deliver(object("b", NOON));
    }

    @Test
    void aUnitThatIsDeliveredOrForgottenByNowIsLeftAlone() {
        deliver(object("a", NOON), object("b", NOON));
        Recorded late = unit(object("a", NOON), object("b", NOON));
        assertThat(cursor.add(exchange(late), "key")).isFalse();
        assertThat(late.elsewhere).isFalse();

        advance(NOON.plus(LOOKBACK).plusSeconds(1));
        Recorded forgotten = unit(object("a", NOON));
        assertThat(cursor.add(exchange(forgotten), "key")).isFalse();
        assertThat(forgotten.elsewhere).isFalse();
    }

    @Test
    void aFailedUnitMayBeReclaimedAndGoesOnAtItsCheckpoint() {
        LakeObject object = object("a", NOON);
        checkpoint(QUERY, new Counts(5, 3, 1, 1), object);
        Recorded again = unit(object);
        Exchange exchange = exchange(again);
        assertThat(cursor.add(exchange, "key")).isTrue();
        assertThat(again.claimed).isEqualTo(new Counts(0, 3, 1, 1));
        assertThat(cursor.confirm(exchange, "key")).isTrue();
        assertThat(isNew(object)).isFalse();
    }

    // -- what processes died of

    @Test
    void whatAProcessDiedOfThreeTimesIsSetAside() throws Exception {
        Recorded unit = unit(object("a", NOON), object("b", NOON));
        for (int deaths = 0; deaths < 3; deaths++) {
            assertThat(cursor.lanes().suspects(LANE).isSuspect(unit)).isEqualTo(deaths == 2);
            assertThat(cursor.lanes().suspects(LANE).isSetAside(unit)).isFalse();
            dieWith(unit);
        }
        assertThat(cursor.lanes().suspects(LANE).isSetAside(unit(object("b", NOON))))
                .isTrue();
        assertThat(cursor.lanes().suspects(LANE).setAside(QUERY)).containsExactly("a", "b");
        assertThat(cursor.lanes().suspects(OTHER_LANE).isEmpty()).isTrue();
        assertThat(cursor.lanes()
                        .suspects(LANE)
                        .isSetAside(unit(LANE, "query-2", Counts.NONE, null, object("b", NOON))))
                .as("with another query")
                .isFalse();
        assertThat(cursor.lanes().suspects(LANE).isSetAside(unit(object("b", NOON.plusSeconds(1)))))
                .as("changed")
                .isFalse();

        assertThat(cursor.lanes().retrySetAside(LANE)).isEqualTo(2);
        assertThat(cursor.lanes().suspects(LANE).isEmpty()).isTrue();
    }

    @Test
    void aWholeDatasetIsSetAsideByItsQuery() throws Exception {
        for (int deaths = 0; deaths < 3; deaths++) {
            dieWith(unit(LANE, QUERY, Counts.NONE, "listing-" + deaths, object("a", NOON)));
        }
        assertThat(cursor.lanes().suspects(LANE).isSetAside(unit(LANE, QUERY, Counts.NONE, "new", object("a", NOON))))
                .isTrue();
        assertThat(cursor.lanes().suspects(LANE).setAside(QUERY)).containsExactly("*");
    }

    @Test
    void whatWasDeliveredFailedOrGotFurtherIsNoSuspect() throws Exception {
        Recorded delivered = unit(object("delivered", NOON));
        Recorded failed = unit(object("failed", NOON));
        Recorded further = unit(LANE, QUERY, new Counts(1, 1, 0, 0), null, object("further", NOON));
        for (int deaths = 0; deaths < 2; deaths++) {
            dieWith(delivered);
            dieWith(failed);
            assertThat(cursor.add(exchange(further), "key")).isTrue();
            cursor.checkpoint(further);
            cursor.checkpoint(further);
            die();
        }
        deliver(delivered);
        assertThat(cursor.add(exchange(failed), "key")).isTrue();
        assertThat(cursor.remove(exchange(failed), "key")).isTrue();
        assertThat(cursor.lanes().suspects(LANE).isEmpty()).isTrue();
    }

    @Test
    void whatAnOrderlyStopCutsOffIsNoSuspect() throws Exception {
        Recorded unit = unit(object("a", NOON));
        for (int stops = 0; stops < 4; stops++) {
            assertThat(cursor.add(exchange(unit), "key")).isTrue();
            cursor.stopping();
            die();
        }
        assertThat(cursor.lanes().suspects(LANE).isEmpty()).isTrue();
    }

    private void dieWith(Recorded unit) throws SQLException {
        assertThat(cursor.add(exchange(unit), "key")).isTrue();
        die();
    }

    /** The process dies, and another one takes its place. */
    void die() throws SQLException {
        reopen(LOOKBACK);
    }

    @Test
    void whatIsNotClaimedCannotBeWritten() {
        Recorded unit = unit(object("a", NOON));
        Exchange exchange = exchange(unit);
        assertThat(cursor.add(exchange, "key")).isTrue();
        assertThat(cursor.remove(exchange, "key")).isTrue();
        cursor.confirm(exchange, "key");
        assertThatThrownBy(() -> cursor.checkpoint(unit))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("the claim on ");
        assertThat(isNew(object("a", NOON))).isTrue();
        assertThat(unit.recorded).isFalse();
    }

    @Test
    void aListingIsKeptAndItsUnitMayBeDeliveredAgain() {
        Recorded whole = unit(LANE, QUERY, Counts.NONE, "listing-1", object("a", NOON));
        deliver(whole);
        assertThat(cursor.contains(exchange(whole), "key")).isFalse();
        assertThat(position().listing()).isEqualTo("listing-1");
        advance(NOON);
        assertThat(position().listing()).isEqualTo("listing-1");

        Recorded again = unit(LANE, QUERY, Counts.NONE, "listing-1", object("a", NOON));
        assertThat(cursor.add(exchange(again), "key"))
                .as("another replica has delivered the listing since this run began")
                .isFalse();
        again.listingBefore = "listing-1";
        deliver(again);
    }

    @Test
    void theFirstOneDecidesWhereALaneBegins() {
        assertThat(cursor.lanes().begin(LANE, NOON)).isEqualTo(Position.at(NOON));
        assertThat(cursor.lanes().begin(LANE, NOON.plusSeconds(5))).isEqualTo(Position.at(NOON));
        assertThat(isNew(object("a", NOON))).isTrue();
        assertThat(isNew(object("a", NOON.minusMillis(1)))).isFalse();
    }

    @Test
    void theNewOnesOfManyAreFoundInTheirOrder() {
        List<LakeObject> many = IntStream.range(0, 1000)
                .mapToObj(i -> object("many-" + i, NOON))
                .toList();
        deliver(IntStream.range(0, 1000)
                .filter(i -> i % 300 != 0)
                .mapToObj(many::get)
                .toArray(LakeObject[]::new));
        List<LakeObject> found = new ArrayList<>();
        cursor.lanes().newOnes(position(), LANE, many.iterator()).forEachRemaining(found::add);
        assertThat(found).extracting(LakeObject::key).containsExactly("many-0", "many-300", "many-600", "many-900");
    }

    @Test
    void aVersionOfALookupHasChangedUntilItWasHuntedFor() {
        LaneLookups lookups = cursor.lookups();
        lookups.use(LANE, Map.of("ioc", "1", "assets", "a"));
        assertThat(lookups.all()).hasSize(2).noneMatch(LaneLookups.Used::hasChanged);
        lookups.use(LANE, Map.of("ioc", "2", "assets", "a"));
        lookups.use(LANE, Map.of("ioc", "3", "assets", "a"));

        LaneLookups.Used changed = lookups.all().stream()
                .filter(LaneLookups.Used::hasChanged)
                .findFirst()
                .orElseThrow();
        assertThat(changed.base()).isEqualTo("1");
        assertThat(changed.version()).isEqualTo("3");
        Duration hour = Duration.ofHours(1);
        assertThat(lookups.claim(changed, hour)).isTrue();
        assertThat(lookups.claim(changed, hour)).as("another").isFalse();
        lookups.extend(changed, Duration.ofHours(-1));
        assertThat(lookups.claim(changed, hour)).as("after one that has died").isTrue();
        lookups.release(changed);
        lookups.use(LANE, Map.of("ioc", "4"));
        assertThat(lookups.claim(changed, hour)).as("of a former version").isFalse();
        lookups.use(LANE, Map.of("ioc", "3"));
        assertThat(lookups.claim(changed, hour)).as("after one that has failed").isTrue();
        lookups.hunted(changed);
        assertThat(lookups.all()).hasSize(2).noneMatch(LaneLookups.Used::hasChanged);
        assertThat(lookups.claim(changed, hour)).as("done").isFalse();
    }

    @Test
    void theStoreKnowsItsTablesVersionAndRefusesALaterOne() throws Exception {
        assertThat(number("SELECT version FROM schema_version")).isEqualTo(10);
        cursor.close();
        cursor = open(LOOKBACK);
        assertThat(number("SELECT count(*) FROM schema_version")).isEqualTo(1);
        cursor.close();
        execute("UPDATE schema_version SET version = 1000");
        assertThatThrownBy(() -> open(LOOKBACK))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("a newer connector wrote it (schema 1000; this one knows 10). Not started.");
        execute("UPDATE schema_version SET version = 10");
    }

    @Test
    void resetForgetsEverything() {
        deliver(object("a", NOON));
        advance(NOON);
        cursor.lanes().reset();
        assertThat(isNew(object("a", NOON))).isTrue();
        assertThat(cursor.lanes().knows(LANE)).isFalse();
        assertThat(position()).isEqualTo(Position.at(Instant.EPOCH));
    }

    @Test
    void aUnitThatFailsHalfWayIsNotRecordedAtAll() {
        LakeObject first = object("first", NOON);
        Recorded broken = new Recorded(LANE, QUERY, Counts.NONE, null, List.of(first)) {
            @Override
            public Optional<String> listing() {
                if (isBroken) {
                    throw new IllegalStateException("broken");
                }
                return Optional.empty();
            }
        };
        Exchange exchange = exchange(broken);
        assertThat(cursor.add(exchange, "key")).isTrue();
        broken.isBroken = true;
        assertThatThrownBy(() -> cursor.confirm(exchange, "key")).hasMessage("broken");
        assertThat(cursor.remove(exchange, "key")).isTrue();
        assertThat(isNew(first)).isTrue();
        deliver(first);
        assertThat(isNew(first)).isFalse();
    }

    @Test
    void aClosedCursorSaysSoInOneLine() {
        cursor.close();
        assertThatThrownBy(() -> cursor.lanes().position(LANE))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> isNew(object("a", NOON))).isInstanceOf(ConnectorException.class);
    }

    // -- many

    @Test
    void tenThousandObjectsAreFoundAgain() throws Exception {
        foundAgain(10);
    }

    @Test
    @Tag("soak")
    void aHundredThousandObjectsAreFoundAgain() throws Exception {
        foundAgain(100);
    }

    private void foundAgain(int thousands) throws Exception {
        for (int thousand = 0; thousand < thousands; thousand++) {
            int first = thousand * 1000;
            deliver(IntStream.range(first, first + 1000)
                    .mapToObj(CursorContract::packerObject)
                    .toArray(LakeObject[]::new));
        }
        Position position = position();
        assertThat(cursor.lanes()
                        .newOnes(
                                position,
                                LANE,
                                IntStream.range(0, thousands * 1000)
                                        .mapToObj(CursorContract::packerObject)
                                        .iterator()))
                .isExhausted();
        reopen(LOOKBACK);
        assertThat(bytes()).isLessThan(thousands * 400_000L);
        advance(NOON.plus(Duration.ofDays(30)));
        assertThat(number("SELECT count(*) FROM object")).isZero();
    }

    @Test
    void severalThreadsMayDeliverCheckpointAndLookUpAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Integer>> work = IntStream.range(0, 8)
                    .<Callable<Integer>>mapToObj(thread -> () -> {
                        int wrong = 0;
                        for (int i = 0; i < 50; i++) {
                            LakeObject object = object("thread-" + thread + "-" + i, NOON);
                            wrong += isNew(object) ? 0 : 1;
                            checkpoint(QUERY, new Counts(i, i, 0, 0), object);
                            wrong += delivered(object, QUERY).accepted() == i ? 0 : 1;
                            wrong += isNew(object) ? 0 : 1;
                            deliver(object);
                            wrong += isNew(object) ? 1 : 0;
                            advance(NOON.plusSeconds(i));
                        }
                        return wrong;
                    })
                    .toList();
            for (Future<Integer> result : threads.invokeAll(work)) {
                assertThat(result.get()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(position().watermark()).isEqualTo(NOON.plusSeconds(49));
        assertThat(number("SELECT count(*) FROM object WHERE complete")).isEqualTo(400);
    }

    // -- short cuts

    final void reopen(Duration lookback) {
        cursor.close();
        cursor = open(lookback);
    }

    final Position position() {
        return cursor.lanes().position(LANE);
    }

    /** As a run does that has listed all. */
    final void advance(Instant watermark) {
        cursor.lanes().advance(LANE, watermark, false);
    }

    final boolean isNew(LakeObject object) {
        return isNew(cursor, object);
    }

    static boolean isNew(Cursor cursor, LakeObject object) {
        return cursor.lanes()
                .newOnes(cursor.lanes().position(LANE), LANE, List.of(object).iterator())
                .hasNext();
    }

    final void deliver(LakeObject... objects) {
        deliver(unit(objects));
    }

    final void deliver(Recorded unit) {
        Exchange exchange = exchange(unit);
        assertThat(cursor.add(exchange, "key")).isTrue();
        assertThat(cursor.confirm(exchange, "key")).isTrue();
        assertThat(unit.recorded).isTrue();
    }

    /** As a run does that then fails. */
    final void checkpoint(String query, Counts counts, LakeObject object) {
        Recorded unit = unit(LANE, query, counts, null, object);
        Exchange exchange = exchange(unit);
        assertThat(cursor.add(exchange, "key")).isTrue();
        cursor.checkpoint(unit);
        assertThat(cursor.remove(exchange, "key")).isTrue();
    }

    /** What a run would find to be delivered. */
    final Counts delivered(LakeObject object, String query) {
        Recorded unit = unit(LANE, query, Counts.NONE, null, object);
        Exchange exchange = exchange(unit);
        assertThat(cursor.add(exchange, "key")).isTrue();
        assertThat(cursor.remove(exchange, "key")).isTrue();
        return unit.claimed;
    }

    final Exchange exchange(Delivered unit) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.setVariable(Cursor.UNIT, unit);
        return exchange;
    }

    final long number(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    final void execute(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The size of the store. */
    abstract long bytes() throws Exception;

    static LakeObject object(String key, Instant lastModified) {
        return new LakeObject("s3://lake/" + key, key, 100, lastModified);
    }

    static LakeObject object(String key, Instant lastModified, String etag) {
        return new LakeObject("s3://lake/" + key, key, 100, lastModified, etag, null);
    }

    private static LakeObject packerObject(int number) {
        return object(
                "year=2026/month=11/day=20/hour=12/acme_syslog_20261120_120000_%012x.parquet".formatted(number), NOON);
    }

    static Recorded unit(LakeObject... objects) {
        return unit(LANE, QUERY, Counts.NONE, null, objects);
    }

    static Recorded unit(Lane lane, String query, Counts counts, @Nullable String listing, LakeObject... objects) {
        return new Recorded(lane, query, counts, listing, List.of(objects));
    }

    static class Recorded implements Delivered {
        private final Lane lane;
        private final String query;
        private final Counts counts;
        private final @Nullable String listing;
        private final List<LakeObject> objects;
        final List<ConnectorException> reasons = new ArrayList<>();
        Counts claimed = Counts.NONE;
        boolean elsewhere;
        boolean recorded;
        boolean finishesFormer;
        boolean isBroken;

        @Nullable
        String listingBefore;

        Recorded(Lane lane, String query, Counts counts, @Nullable String listing, List<LakeObject> objects) {
            this.lane = lane;
            this.query = query;
            this.counts = counts;
            this.listing = listing;
            this.objects = objects;
        }

        @Override
        public Lane lane() {
            return lane;
        }

        @Override
        public List<LakeObject> objects() {
            return objects;
        }

        @Override
        public String query() {
            return query;
        }

        @Override
        public Counts counts() {
            return counts;
        }

        @Override
        public Optional<String> listing() {
            return Optional.ofNullable(listing);
        }

        @Override
        public Optional<String> listingBefore() {
            return Optional.ofNullable(listingBefore);
        }

        @Override
        public void claimed(Counts delivered, boolean former, String begunWith) {
            claimed = delivered;
            finishesFormer = former;
        }

        @Override
        public void elsewhere() {
            elsewhere = true;
        }

        @Override
        public void recorded() {
            recorded = true;
        }

        @Override
        public void notRecorded(ConnectorException why) {
            reasons.add(why);
        }
    }
}
