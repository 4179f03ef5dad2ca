package com.bytefreezer.connector.cage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class CageTest {
    /** DuckDB 1.5.5 ends its process. */
    private static final String CRASH =
            "SELECT json_structure(repeat('{\"a\":', 3000000) || '1' || repeat('}', 3000000))";

    @TempDir
    private Path temp;

    @AutoClose
    private Cage cage;

    @BeforeEach
    void make() {
        cage = new Cage(TestSettings.over(temp, Map.of("duckdb.temp-folder", temp.toString())));
    }

    @Test
    void givesValuesAsDuckDbInThisProcessDoes() throws SQLException {
        Cell cell = cage.take();
        try (Connection connection = cell.connect();
                Connection copy = cell.copy(connection);
                var statement = connection.prepareStatement("SELECT ?::VARCHAR || 'é', 7::INTEGER, 8::BIGINT, NULL")) {
            statement.setString(1, "it's");
            ResultSet row = statement.executeQuery();
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo("it'sé");
            assertThat(row.getObject(2)).isEqualTo(7);
            assertThat(row.getLong(3)).isEqualTo(8);
            assertThat(row.getObject(4)).isNull();
            assertThat(row.next()).isFalse();

            execute(connection, "CREATE TABLE t AS SELECT range AS n, encode('x' || range) AS b FROM range(5000)");
            ResultSet rows = copy.createStatement().executeQuery("FROM t ORDER BY n");
            assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("b");
            for (int i = 0; i < 5000; i++) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getLong(1)).isEqualTo(i);
                assertThat(new String(rows.getBytes(2))).isEqualTo("x" + i);
            }
            assertThat(rows.next()).isFalse();
            assertThatThrownBy(() -> execute(copy, "SELECT nope")).hasMessageContaining("Binder Error");
        } finally {
            cage.giveBack(cell);
        }
    }

    @Test
    void aCancellationForGoodHoldsForWhatBeginsLater() throws Exception {
        var watchdog = new Watchdog(TestSettings.over(temp, Map.of()), cage);
        watchdog.cancelForGood("it");
        var stopped = new AtomicBoolean();
        watchdog.cancellable("it", () -> stopped.set(true), () -> null);
        assertThat(stopped).isTrue();
        try (var query = watchdog.query("it");
                var look = watchdog.look("another")) {
            assertThatThrownBy(query::engine).hasMessage("The query was cancelled.");
            look.check();
        }
        watchdog.forget("it");
        try (var query = watchdog.query("it")) {
            query.check();
        }
    }

    @Test
    void aCrashConcernsNobodyElse() throws SQLException {
        Cell one = cage.take();
        Cell other = cage.take();
        try (Connection connection = one.connect();
                Connection well = other.connect()) {
            assertThatThrownBy(() -> execute(connection, CRASH)).hasMessageContaining("has ended");
            assertThat(one.end().orElseThrow()).startsWith("The query ended DuckDB's process");
            execute(well, "SELECT 1");
        }
        cage.giveBack(one);
        cage.giveBack(other);
        assertThat(cage.take()).isSameAs(other);
        assertThat(other.end()).isEmpty();
    }

    @Test
    void aKillEndsWhateverRunsAtOnce() throws Exception {
        Cell cell = cage.take();
        Connection connection = cell.connect();
        execute(connection, "SELECT 1");
        // DuckDB looks for an interrupt only between two vectors.
        var runs = CompletableFuture.runAsync(() -> {
            try {
                execute(connection, "SELECT levenshtein(repeat('a', 900000), repeat('b', 900000))");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        Await.until("it runs", () -> cell.memory() > 0 && !runs.isDone());

        cell.kill("Enough.");
        // By itself it would run for many minutes.
        assertThat(runs).failsWithin(1, TimeUnit.MINUTES);
        assertThat(cell.end()).contains("Enough.");
        cage.giveBack(cell);
    }

    @Test
    void aProcessIsUsedAgainWithNothingLeftInIt() throws SQLException {
        Cell cell = cage.take();
        execute(cell.connect(), "CREATE TABLE t AS SELECT 1");
        cage.giveBack(cell);

        assertThat(cage.take()).isSameAs(cell);
        try (Connection connection = cell.connect()) {
            assertThatThrownBy(() -> execute(connection, "FROM t")).hasMessageContaining("does not exist");
        }
        cage.giveBack(cell);
    }

    @Test
    void fourThatWorkAtOnceAreUsedAgain() {
        List<Cell> cells = four(cage);
        cells.forEach(cage::giveBack);
        assertThat(four(cage)).containsExactlyInAnyOrderElementsOf(cells);
    }

    @Test
    void ofFourThatRestTwoEnd() {
        try (Cage impatient = new Cage(TestSettings.over(temp, Map.of()), Duration.ZERO)) {
            List<Cell> cells = four(impatient);
            cells.forEach(impatient::giveBack);
            Await.until(
                    "two have ended", () -> cells.stream().filter(Cell::isAlive).count() == 2);
        }
    }

    private static List<Cell> four(Cage cage) {
        return Stream.generate(cage::take).limit(4).toList();
    }

    /** What the process knows of the connector stands in nobody's list of processes. */
    @Test
    void inheritsNoSecretAndWritesForThisUserAlone() throws Exception {
        Cell cell = cage.take();
        try (Connection connection = cell.connect()) {
            Path folder = cell.temporaryFolder().orElseThrow();
            execute(connection, "SELECT 1");
            for (Path path : List.of(folder, folder.getParent())) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rwx------");
            }
            List<String> environment = ProcessHandle.current()
                    .children()
                    .filter(child -> commandLine(child).contains(folder.toString()))
                    .map(child -> text(Path.of("/proc", String.valueOf(child.pid()), "environ")))
                    .toList();
            assertThat(environment).singleElement().asString().doesNotContain("PATH=", "USER=");
        } finally {
            cage.giveBack(cell);
        }
    }

    @Test
    void leavesNeitherProcessNorFileWhenItIsClosed() throws Exception {
        Cell idle = cage.take();
        Cell used = cage.take();
        execute(used.connect(), "SELECT 1");
        cage.giveBack(idle);

        cage.close();

        assertThat(idle.isAlive() || used.isAlive()).isFalse();
        try (Stream<Path> files = Files.list(temp)) {
            assertThat(files).isEmpty();
        }
        assertThatThrownBy(cage::take).hasMessage("The connector is stopping.");
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "cmdline"));
        } catch (IOException e) {
            // Another child, which has ended.
            return "";
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
