package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SqliteCursorTest extends CursorContract {
    @TempDir
    private Path folder;

    @Override
    Cursor open(Duration lookback) {
        return Cursor.open(file(), lookback);
    }

    @Override
    Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file());
    }

    @Override
    long bytes() throws Exception {
        cursor.close();
        long size = Files.size(file());
        cursor = open(LOOKBACK);
        return size;
    }

    private Path file() {
        return folder.resolve("state/cursor.db");
    }

    @Test
    void aSecondCursorOnTheFileIsRefused() {
        assertThatThrownBy(() -> Cursor.open(file(), LOOKBACK))
                .isInstanceOf(ConnectorException.class)
                .hasMessage(
                        "cursor %s: another connector is using it. Not started. Stop that one, or give this one its own cursor.file.",
                        file());
        deliver(object("a", NOON));
        assertThat(isNew(object("a", NOON))).isFalse();
    }

    @Test
    void aSecondProcessIsRefusedUntilTheFirstEvenKilledIsGone() throws Exception {
        Path other = folder.resolve("other.db");
        Process process = holder(other);
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
            assertThat(isNew(next, object("a", NOON))).isFalse();
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
                held.confirm(exchange, "key");
                System.out.println("open");
                System.in.read();
            }
        }
    }

    @Test
    void theOriginalsCursorStaysAsItIsAndOursIsBesideIt() throws Exception {
        Path legacy = Files.writeString(folder.resolve("cursor.json"), "{\"total_exported\": 7}");
        try (Cursor beside = Cursor.open(legacy, LOOKBACK)) {
            beside.lanes().reset();
            assertThat(folder.resolve("cursor.db")).exists();
        }
        assertThat(legacy).hasContent("{\"total_exported\": 7}");
    }

    @Test
    void aSecondCursorOnTheFileByALinkIsRefused() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link.db"), file());
        assertInUse(link);
        deliver(object("a", NOON));
        cursor.close();
        try (Cursor next = Cursor.open(link, LOOKBACK)) {
            assertThat(isNew(next, object("a", NOON))).isFalse();
        }
        cursor = open(LOOKBACK);
    }

    /** As {@code --mode status} of another process does. */
    @Test
    void aLookFromOutsideDelaysTheStartAndDoesNotRefuseIt() throws Exception {
        cursor.close();
        var opened = new CompletableFuture<Cursor>();
        Thread starter;
        try (var look = DriverManager.getConnection("jdbc:sqlite:file:" + file() + "?mode=ro");
                var statement = look.createStatement()) {
            statement.executeQuery("SELECT count(*) FROM lane").close();
            starter = new Thread(() -> {
                try {
                    opened.complete(open(LOOKBACK));
                } catch (RuntimeException e) {
                    opened.completeExceptionally(e);
                }
            });
            starter.start();
            Await.until("it waits", () -> opened.isDone() || starter.getState() == Thread.State.TIMED_WAITING);
            assertThat(opened).isNotDone();
        }
        cursor = opened.get();
    }

    /** As with a mount of the file alone: a lock beside it lies elsewhere. */
    @Test
    void aSecondProcessOnTheFileByAHardLinkIsRefused() throws Exception {
        Path other = folder.resolve("other.db");
        Process process = holder(other);
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(output.readLine()).isEqualTo("open");
            Path link = Files.createDirectory(folder.resolve("elsewhere")).resolve("cursor.db");
            Files.createLink(link, other);
            assertInUse(link);
        } finally {
            process.destroyForcibly().waitFor();
        }
        try (Cursor next = Cursor.open(other, LOOKBACK)) {
            assertThat(isNew(next, object("a", NOON))).isFalse();
        }
    }

    private static void assertInUse(Path path) {
        assertThatThrownBy(() -> Cursor.open(path, LOOKBACK))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("another connector is using it")
                .hasMessageNotContaining("\n");
    }

    private static Process holder(Path file) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void aRemovedReplacedOrEmptiedFileIsNoticedBeforeAnythingIsDelivered() throws Exception {
        deliver(object("a", NOON));
        Path copy = Files.copy(file(), folder.resolve("copy.db"));
        Files.move(file(), folder.resolve("away.db"));
        assertNoticed("removed");
        Files.copy(copy, file());
        assertNoticed("replaced");
        Files.move(folder.resolve("away.db"), file(), StandardCopyOption.REPLACE_EXISTING);
        deliver(object("b", NOON));
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + copy);
                var statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version=7");
        }
        Files.write(file(), Files.readAllBytes(copy), StandardOpenOption.TRUNCATE_EXISTING);
        assertNoticed("overwritten");
        Files.write(file(), new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
        assertNoticed("overwritten");
    }

    private void assertNoticed(String how) {
        Exchange exchange = exchange(unit(object("new", NOON)));
        assertThatThrownBy(() -> cursor.add(exchange, "key"))
                .isInstanceOf(ConnectorException.class)
                .hasMessage(
                        "cursor %s: the file was %s while the connector was using it. The connector delivers nothing more, because it could not record it. Put the right file in its place and start the connector again.",
                        file(), how);
    }

    @Test
    void theFolderMayBeALink() throws Exception {
        Path real = Files.createDirectory(folder.resolve("real"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        Cursor.open(link.resolve("cursor.db"), LOOKBACK).close();
        assertThat(real.resolve("cursor.db")).exists();
    }

    @Test
    void aFileThatIsNoDatabaseIsRefusedAndKept() throws Exception {
        String text = "this is certainly not a database\n".repeat(100);
        Path wrong = Files.writeString(folder.resolve("wrong.db"), text);
        assertCannotBeOpened(
                wrong, "It is not a cursor: restore a copy of it, or set cursor.file (CURSOR_FILE) to another file.");
        // Not locked by the failed attempt.
        assertCannotBeOpened(
                wrong, "It is not a cursor: restore a copy of it, or set cursor.file (CURSOR_FILE) to another file.");
        assertThat(wrong).hasContent(text);
    }

    @Test
    void aPlaceWhereNoFileCanBeIsRefused() throws Exception {
        Path regularFile = Files.writeString(folder.resolve("file"), "");
        String advice = "Set cursor.file (CURSOR_FILE) to a file that this user may write, and check the free space.";
        assertCannotBeOpened(regularFile.resolve("cursor.db"), advice);
        assertCannotBeOpened(Files.createDirectory(folder.resolve("folder.db")), advice);
    }

    private static void assertCannotBeOpened(Path path, String advice) {
        assertThatThrownBy(() -> Cursor.open(path, LOOKBACK))
                .isInstanceOf(ConnectorException.class)
                .message()
                .startsWith("cursor " + path + ": cannot be opened (")
                .endsWith("Not started. " + advice)
                .doesNotContain("\n");
    }

    @Test
    void pagesOfGarbageFailTheRunAndCountNothingAsDelivered() throws Exception {
        LakeObject[] many = IntStream.range(0, 2000)
                .mapToObj(i -> object("many-%04d".formatted(i), NOON))
                .toArray(LakeObject[]::new);
        deliver(many);
        cursor.close();
        Path whole = Files.copy(file(), folder.resolve("whole.db"));
        int page = 4096;
        byte[] bytes = Files.readAllBytes(file());
        assertThat(bytes.length).isGreaterThan(20 * page);
        byte[] garbage = new byte[(bytes.length / page - 8) * page];
        new Random(7).nextBytes(garbage);
        System.arraycopy(garbage, 0, bytes, 8 * page, garbage.length);
        Files.write(file(), bytes);

        assertThatThrownBy(() -> {
                    cursor = open(LOOKBACK);
                    assertThat(List.of(many)).noneMatch(this::isNew);
                })
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("cursor " + file() + ": cannot be ")
                .hasMessageContaining("database disk image is malformed")
                .hasMessageEndingWith(
                        "The file is damaged: restore a copy of it, or remove it; then everything is delivered again.")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> isNew(object("new", NOON))).isInstanceOf(ConnectorException.class);

        cursor.close();
        Files.copy(whole, file(), StandardCopyOption.REPLACE_EXISTING);
        cursor = open(LOOKBACK);
        assertThat(List.of(many)).noneMatch(this::isNew);
        assertThat(isNew(object("new", NOON))).isTrue();
    }

    @Test
    void everyCommitIsInAnAbandonedWriteAheadLog() throws Exception {
        deliver(object("a", NOON));
        deliver(object("b", NOON));
        Path copy = folder.resolve("copy.db");
        Files.copy(file(), copy);
        Path log = folder.resolve("copy.db-wal");
        Files.copy(file().resolveSibling("cursor.db-wal"), log);
        // A commit that the crash cut off.
        Files.write(log, new byte[3000], StandardOpenOption.APPEND);
        try (Cursor survivor = Cursor.open(copy, LOOKBACK)) {
            assertThat(isNew(survivor, object("a", NOON))).isFalse();
            assertThat(isNew(survivor, object("b", NOON))).isFalse();
        }
    }

    @Test
    void aFileOnTheNetworkIsWarnedOf() {
        assertThat(CursorFile.warning("nfs4"))
                .hasValueSatisfying(
                        line -> assertThat(line)
                                .isEqualTo(
                                        "it is on a network file system (nfs4), where locks may fail and a second connector may damage it. Put it on a local disk, or set cursor.url to share a PostgreSQL."));
        assertThat(CursorFile.warning("ext2/ext3")).isEmpty();
    }

    @Test
    void anotherProgramThatWritesForLongIsNamedAsTheReason() throws Exception {
        try (Connection other = connect();
                Statement lock = other.createStatement()) {
            lock.execute("BEGIN IMMEDIATE");
            assertThatThrownBy(() -> cursor.add(exchange(unit(object("a", NOON))), "key"))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageContaining("SQLITE_BUSY")
                    .hasMessageEndingWith("Another program has been writing to the file for 10 s: stop it.");
        }
    }

    @Test
    void aFullDiskIsReportedAndNothingIsHalfRecorded() throws Exception {
        deliver(object("before", NOON));
        LakeObject[] many = IntStream.range(0, 1000)
                .mapToObj(i -> object("many-" + i, NOON))
                .toArray(LakeObject[]::new);
        Recorded unit = unit(many);

        Exchange exchange = exchange(unit);
        assertThat(cursor.add(exchange, "key")).isTrue();
        limitPages(number("PRAGMA page_count"));
        assertThat(cursor.confirm(exchange, "key")).isFalse();
        assertThat(unit.reasons).singleElement().satisfies(reason -> assertThat(reason)
                .hasMessageContaining("SQLITE_FULL")
                .hasMessageContaining("will deliver again")
                .hasMessageNotContaining("\n"));
        assertThat(List.of(many)).allMatch(this::isNew);

        limitPages(1_000_000);
        deliver(unit);
        assertThat(List.of(many)).noneMatch(this::isNew);
        assertThat(isNew(object("before", NOON))).isFalse();
        reopen(LOOKBACK);
        assertThat(List.of(many)).noneMatch(this::isNew);
    }

    @Test
    void aCheckpointWorksAgainWhenTheDiskHasRoomAgain() throws Exception {
        LakeObject object = object("long".repeat(5000), NOON);
        Recorded unit = unit(LANE, QUERY, new Counts(9, 9, 0, 0), null, object);
        Exchange exchange = exchange(unit);
        assertThat(cursor.add(exchange, "key")).isTrue();
        limitPages(number("PRAGMA page_count"));
        assertThatThrownBy(() -> cursor.checkpoint(unit))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("SQLITE_FULL");
        limitPages(1_000_000);
        cursor.checkpoint(unit);
        cursor.remove(exchange, "key");
        assertThat(delivered(object, QUERY).accepted()).isEqualTo(9);
    }

    /** As if the disk were full. The limit belongs to a connection, so the cursor's own are taken. */
    private void limitPages(long most) throws Exception {
        for (String name : List.of("durable", "quick")) {
            try (var statement = ((Connection) field(field(cursor, "store"), name)).createStatement()) {
                statement.execute("PRAGMA max_page_count=" + most);
            }
        }
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        var field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }
}
