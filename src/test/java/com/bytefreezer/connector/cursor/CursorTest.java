package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.cursor.Cursor.Position;
import com.bytefreezer.connector.lake.LakeObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CursorTest {
    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
    private static final Duration LOOKBACK = Duration.ofHours(24);
    private static final String QUERY = "query-1";

    @TempDir
    private Path folder;

    private Path file;
    private Cursor cursor;
    private final DefaultCamelContext camel = new DefaultCamelContext();

    @BeforeEach
    void open() {
        file = folder.resolve("state/cursor.db");
        cursor = Cursor.open(file, LOOKBACK);
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
        assertThat(isNew(object)).isFalse();
        assertThat(cursor.contains(exchange, "key")).isTrue();
    }

    @Test
    void whatIsDeliveredStaysSoAfterARestart() {
        deliver(object("a", NOON));
        cursor.advance("default", position(), NOON);
        cursor.checkpoint(unit("default", QUERY, new Counts(5, 3, 1, 1), null, object("b", NOON)));
        reopen(LOOKBACK);
        assertThat(isNew(object("a", NOON))).isFalse();
        assertThat(position().watermark()).isEqualTo(NOON);
        assertThat(cursor.delivered("default", object("b", NOON), QUERY)).isEqualTo(new Counts(0, 3, 1, 1));
    }

    @Test
    void theCountsOfAllObjectsAddUpToWhatWasDelivered() throws Exception {
        Counts ofBundle = new Counts(10, 7, 2, 1);
        cursor.add(exchange(unit("default", QUERY, ofBundle, null, object("a", NOON), object("b", NOON))), "a bundle");
        for (LakeObject slice : object("big", NOON).slices(20, 10)) {
            cursor.add(exchange(unit("default", QUERY, new Counts(10, 9, 0, 1), null, slice)), "a slice");
        }

        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT count(*), sum(selected), sum(accepted), sum(duplicates), sum(dead_lettered) FROM object")) {
            assertThat(row.getLong(1)).isEqualTo(3);
            assertThat(new Counts(row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)))
                    .isEqualTo(new Counts(30, 25, 2, 3));
        }
    }

    @Test
    void objectsOfTheSameSecondAreToldApart() {
        deliver(object("a", NOON));
        cursor.advance("default", position(), NOON);
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
        cursor.advance("default", position(), NOON);
        assertThat(cursor.isNew(cursor.position("other"), "other", object("a", NOON)))
                .isTrue();
        assertThat(cursor.knows("default")).isTrue();
        assertThat(cursor.knows("other")).isFalse();
    }

    @Test
    void aLateObjectIsNewInsideTheLookBackOnly() {
        cursor.advance("default", position(), NOON);
        assertThat(isNew(object("late", NOON.minus(LOOKBACK)))).isTrue();
        assertThat(isNew(object("too late", NOON.minus(LOOKBACK).minusMillis(1))))
                .isFalse();
    }

    @Test
    void anExportThatStartsLaterDoesNotLookBackBeyondItsStart() {
        cursor.advance("default", new Position(NOON, NOON, null), NOON);
        assertThat(isNew(object("before", NOON.minusMillis(1)))).isFalse();
        assertThat(isNew(object("after", NOON))).isTrue();
    }

    @Test
    void theWatermarkNeverGoesBack() {
        Position stale = position();
        cursor.advance("default", stale, NOON);
        cursor.advance("default", position(), NOON.minusSeconds(60));
        assertThat(position().watermark()).isEqualTo(NOON);
        cursor.advance("default", stale, NOON.minusSeconds(60));
        assertThat(position().watermark()).isEqualTo(NOON);
    }

    @Test
    void aLongerLookBackDoesNotMakeForgottenObjectsNewAgain() {
        LakeObject old = object("a", NOON.minus(Duration.ofHours(30)));
        deliver(old);
        cursor.advance("default", position(), NOON);
        reopen(Duration.ofHours(48));
        assertThat(isNew(old)).isFalse();
        cursor.advance("default", position(), NOON.plusSeconds(1));
        assertThat(isNew(old)).isFalse();
        assertThat(isNew(object("late", NOON.minus(LOOKBACK)))).isTrue();
    }

    @Test
    void theNumberOfRowsIsBoundedByTheLookBack() throws Exception {
        for (int hour = 0; hour < 100; hour++) {
            Instant time = NOON.plus(Duration.ofHours(hour));
            deliver(object("hour-" + hour, time));
            cursor.advance("default", position(), time);
        }
        assertThat(number("SELECT count(*) FROM object")).isEqualTo(25);
    }

    // -- inside an object

    @Test
    void aCheckpointHoldsOnlyForTheQueryItWasMadeWith() {
        LakeObject object = object("a", NOON);
        cursor.checkpoint(unit("default", QUERY, new Counts(500, 400, 60, 40), null, object));
        assertThat(isNew(object)).isTrue();
        assertThat(cursor.delivered("default", object, QUERY)).isEqualTo(new Counts(0, 400, 60, 40));
        assertThat(cursor.delivered("default", object, "query-2")).isEqualTo(Counts.NONE);
        assertThat(cursor.delivered("default", object("b", NOON), QUERY)).isEqualTo(Counts.NONE);

        cursor.checkpoint(unit("default", "query-2", new Counts(7, 7, 0, 0), null, object));
        assertThat(cursor.delivered("default", object, "query-2").accepted()).isEqualTo(7);
        deliver(object);
        assertThat(cursor.delivered("default", object, QUERY)).isEqualTo(Counts.NONE);
    }

    // -- units of several objects

    @Test
    void aUnitOfSeveralObjectsIsDeliveredAsAWhole() {
        deliver(object("a", NOON));
        Exchange both = exchange(unit(object("a", NOON), object("b", NOON)));
        assertThat(cursor.contains(both, "key")).isFalse();
        cursor.add(both, "key");
        assertThat(cursor.contains(both, "key")).isTrue();
        assertThat(isNew(object("b", NOON))).isFalse();
    }

    @Test
    void aListingIsKeptAndItsUnitMayBeDeliveredAgain() {
        Exchange whole = exchange(unit("default", QUERY, Counts.NONE, "listing-1", object("a", NOON)));
        assertThat(cursor.add(whole, "key")).isTrue();
        assertThat(cursor.contains(whole, "key")).isFalse();
        assertThat(position().listing()).isEqualTo("listing-1");
        cursor.advance("default", position(), NOON);
        assertThat(position().listing()).isEqualTo("listing-1");
    }

    @Test
    void resetForgetsEverything() {
        deliver(object("a", NOON));
        cursor.advance("default", position(), NOON);
        cursor.reset();
        assertThat(isNew(object("a", NOON))).isTrue();
        assertThat(cursor.knows("default")).isFalse();
        assertThat(position()).isEqualTo(new Position(Instant.EPOCH, Instant.EPOCH, null));
    }

    // -- the file

    @Test
    void aSecondCursorOnTheFileIsRefused() {
        assertThatThrownBy(() -> Cursor.open(file, LOOKBACK))
                .isInstanceOf(ConnectorException.class)
                .hasMessage(
                        "cursor %s: another connector is using it. Not started. Stop that one, or give this one its own cursor.file.",
                        file);
        deliver(object("a", NOON));
        assertThat(isNew(object("a", NOON))).isFalse();
    }

    @Test
    void aSecondProcessOnTheFileIsRefusedUntilTheFirstEvenKilledIsGone() throws Exception {
        Path other = folder.resolve("other.db");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        other.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(output.readLine()).isEqualTo("open");
            assertThatThrownBy(() -> Cursor.open(other, LOOKBACK))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageContaining("another connector is using it");
        } finally {
            process.destroyForcibly().waitFor();
        }
        try (Cursor next = Cursor.open(other, LOOKBACK)) {
            assertThat(next.isNew(next.position("default"), "default", object("a", NOON)))
                    .isFalse();
        }
    }

    /** Delivers object "a" and then holds the cursor until it is killed. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            try (Cursor held = Cursor.open(Path.of(arguments[0]), LOOKBACK);
                    DefaultCamelContext camel = new DefaultCamelContext()) {
                Exchange exchange = new DefaultExchange(camel);
                exchange.setVariable(Cursor.UNIT, unit(object("a", NOON)));
                held.add(exchange, "key");
                System.out.println("open");
                System.in.read();
            }
        }
    }

    @Test
    void theOriginalsCursorStaysAsItIsAndOursIsBesideIt() throws Exception {
        Path legacy = Files.writeString(folder.resolve("cursor.json"), "{\"total_exported\": 7}");
        try (Cursor beside = Cursor.open(legacy, LOOKBACK)) {
            beside.reset();
            assertThat(folder.resolve("cursor.db")).exists();
        }
        assertThat(legacy).hasContent("{\"total_exported\": 7}");
    }

    @Test
    void theFolderMayBeALink() throws Exception {
        Path real = Files.createDirectory(folder.resolve("real"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        Cursor.open(link.resolve("cursor.db"), LOOKBACK).close();
        assertThat(real.resolve("cursor.db")).exists();
    }

    @Test
    void aFileThatIsNoDatabaseIsRefusedAndStaysAsItIs() throws Exception {
        String text = "this is certainly not a database\n".repeat(100);
        Path wrong = Files.writeString(folder.resolve("wrong.db"), text);
        assertCannotBeOpened(wrong);
        // Not locked by the failed attempt.
        assertCannotBeOpened(wrong);
        assertThat(wrong).hasContent(text);
    }

    @Test
    void aPlaceWhereNoFileCanBeIsRefused() throws Exception {
        Path regularFile = Files.writeString(folder.resolve("file"), "");
        assertCannotBeOpened(regularFile.resolve("cursor.db"));
        assertCannotBeOpened(Files.createDirectory(folder.resolve("folder.db")));
    }

    private static void assertCannotBeOpened(Path path) {
        assertThatThrownBy(() -> Cursor.open(path, LOOKBACK))
                .isInstanceOf(ConnectorException.class)
                .message()
                .startsWith("cursor " + path + ": cannot be opened (")
                .endsWith("Not started. Check cursor.file, its folder's permissions and the free space.")
                .doesNotContain("\n");
    }

    @Test
    void everyCommitIsInAnAbandonedWriteAheadLog() throws Exception {
        deliver(object("a", NOON));
        deliver(object("b", NOON));
        Path copy = folder.resolve("copy.db");
        Files.copy(file, copy);
        Path log = folder.resolve("copy.db-wal");
        Files.copy(file.resolveSibling("cursor.db-wal"), log);
        // A commit that the crash cut off.
        Files.write(log, new byte[3000], StandardOpenOption.APPEND);
        try (Cursor survivor = Cursor.open(copy, LOOKBACK)) {
            Position position = survivor.position("default");
            assertThat(survivor.isNew(position, "default", object("a", NOON))).isFalse();
            assertThat(survivor.isNew(position, "default", object("b", NOON))).isFalse();
        }
    }

    @Test
    void aFullDiskIsReportedAndNothingIsHalfRecorded() throws Exception {
        deliver(object("before", NOON));
        LakeObject[] many = IntStream.range(0, 1000)
                .mapToObj(i -> object("many-" + i, NOON))
                .toArray(LakeObject[]::new);
        Recorded unit = unit(many);
        limitPages(number("PRAGMA page_count"));

        assertThat(cursor.add(exchange(unit), "key")).isFalse();
        assertThat(unit.reasons).singleElement().satisfies(reason -> assertThat(reason)
                .hasMessageContaining("SQLITE_FULL")
                .hasMessageContaining("will be delivered again")
                .hasMessageNotContaining("\n"));
        assertThat(List.of(many)).allMatch(this::isNew);

        limitPages(1_000_000);
        assertThat(cursor.add(exchange(unit), "key")).isTrue();
        assertThat(List.of(many)).noneMatch(this::isNew);
        assertThat(isNew(object("before", NOON))).isFalse();
        reopen(LOOKBACK);
        assertThat(List.of(many)).noneMatch(this::isNew);
    }

    @Test
    void aCheckpointWorksAgainWhenTheDiskHasRoomAgain() throws Exception {
        LakeObject object = object("long".repeat(5000), NOON);
        Recorded unit = unit("default", QUERY, new Counts(9, 9, 0, 0), null, object);
        limitPages(number("PRAGMA page_count"));
        assertThatThrownBy(() -> cursor.checkpoint(unit))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("SQLITE_FULL");
        limitPages(1_000_000);
        cursor.checkpoint(unit);
        assertThat(cursor.delivered("default", object, QUERY).accepted()).isEqualTo(9);
    }

    @Test
    void aUnitThatFailsHalfWayIsNotRecordedAtAll() {
        LakeObject first = object("first", NOON);
        Recorded broken = new Recorded("default", QUERY, Counts.NONE, null, List.of(first)) {
            @Override
            public Optional<String> listing() {
                throw new IllegalStateException("broken");
            }
        };
        assertThatThrownBy(() -> cursor.add(exchange(broken), "key")).hasMessage("broken");
        assertThat(isNew(first)).isTrue();
        deliver(first);
        assertThat(isNew(first)).isFalse();
    }

    @Test
    void aClosedCursorSaysSoInOneLine() {
        cursor.close();
        assertThatThrownBy(() -> cursor.position("default"))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> isNew(object("a", NOON))).isInstanceOf(ConnectorException.class);
    }

    // -- many

    @Test
    void aHundredThousandObjectsAreFoundAgainInASmallFile() throws Exception {
        for (int thousand = 0; thousand < 100; thousand++) {
            int first = thousand * 1000;
            deliver(IntStream.range(first, first + 1000)
                    .mapToObj(CursorTest::packerObject)
                    .toArray(LakeObject[]::new));
        }
        Position position = position();
        assertThat(IntStream.range(0, 100_000).mapToObj(CursorTest::packerObject))
                .noneMatch(object -> cursor.isNew(position, "default", object));
        cursor.close();
        assertThat(Files.size(file)).isLessThan(40_000_000);
        cursor = Cursor.open(file, LOOKBACK);
        cursor.advance("default", position, NOON.plus(Duration.ofDays(30)));
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
                            cursor.checkpoint(unit("default", QUERY, new Counts(i, i, 0, 0), null, object));
                            wrong += cursor.delivered("default", object, QUERY).accepted() == i ? 0 : 1;
                            wrong += isNew(object) ? 0 : 1;
                            deliver(object);
                            wrong += isNew(object) ? 1 : 0;
                            cursor.advance("default", position(), NOON.plusSeconds(i));
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

    private void reopen(Duration lookback) {
        cursor.close();
        cursor = Cursor.open(file, lookback);
    }

    private Position position() {
        return cursor.position("default");
    }

    private boolean isNew(LakeObject object) {
        return cursor.isNew(position(), "default", object);
    }

    private void deliver(LakeObject... objects) {
        assertThat(cursor.add(exchange(unit(objects)), "key")).isTrue();
    }

    private Exchange exchange(Cursor.Delivered unit) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.setVariable(Cursor.UNIT, unit);
        return exchange;
    }

    /** As if the disk were full. The limit belongs to a connection, so the cursor's own are taken. */
    private void limitPages(long most) throws Exception {
        for (String name : List.of("durable", "quick")) {
            var field = Cursor.class.getDeclaredField(name);
            field.setAccessible(true);
            try (var statement = ((Connection) field.get(cursor)).createStatement()) {
                statement.execute("PRAGMA max_page_count=" + most);
            }
        }
    }

    private long number(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            return row.getLong(1);
        }
    }

    private static LakeObject object(String key, Instant lastModified) {
        return new LakeObject("s3://lake/" + key, key, 100, lastModified);
    }

    private static LakeObject packerObject(int number) {
        return object(
                "year=2026/month=11/day=20/hour=12/acme_syslog_20261120_120000_%012x.parquet".formatted(number), NOON);
    }

    private static Recorded unit(LakeObject... objects) {
        return unit("default", QUERY, Counts.NONE, null, objects);
    }

    private static Recorded unit(
            String lane, String query, Counts counts, @Nullable String listing, LakeObject... objects) {
        return new Recorded(lane, query, counts, listing, List.of(objects));
    }

    private static class Recorded implements Cursor.Delivered {
        private final String lane;
        private final String query;
        private final Counts counts;
        private final @Nullable String listing;
        private final List<LakeObject> objects;
        private final List<ConnectorException> reasons = new ArrayList<>();

        Recorded(String lane, String query, Counts counts, @Nullable String listing, List<LakeObject> objects) {
            this.lane = lane;
            this.query = query;
            this.counts = counts;
            this.listing = listing;
            this.objects = objects;
        }

        @Override
        public String lane() {
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
        public void notRecorded(ConnectorException why) {
            reasons.add(why);
        }
    }
}
