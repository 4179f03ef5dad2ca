package com.bytefreezer.connector.pack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.spool.Counts;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.ParquetRows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackerTest {
    @TempDir
    private Path folder;

    private Packer packer;
    private FolderShelf lake;

    @BeforeEach
    void prepare() {
        packer = new Packer("zstd", 256_000_000, 2, folder.resolve("tmp"), folder.resolve("dead"));
        lake = new FolderShelf(folder.resolve("lake [1]/t/d"));
    }

    @Test
    void aColumnStaysTheSameOrWidensAndNothingIsLost() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"port\":22,\"tags\":[\"a\"],\"o\":{\"x\":1},\"it's\":1}");
            Packer.Packed first = pack(intake).orElseThrow();
            assertThat(first.events()).isEqualTo(1);
            assertThat(first.key().orElseThrow())
                    .matches(
                            "year=\\d{4}/month=\\d\\d/day=\\d\\d/hour=\\d\\d/t_d_\\d{8}_\\d{6}_[0-9a-f]{12}\\.parquet");
            send(intake, "{\"PORT\":1.5,\"tags\":[],\"o\":{\"y\":\"q\"},\"late\":\"x\"}\nno JSON");
            pack(intake);
            assertThat(intake.spool().counts()).isEqualTo(new Counts(2, 0, 1, 0));
        }
        // Another process knows the columns still.
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "{\"late\":\"y\",\"Port\":\"ssh\",\"n\":9007199254740993}");
            pack(intake);
        }
        assertThat(rows("SELECT typeof(port), port::VARCHAR FROM one"))
                .containsExactlyInAnyOrder("VARCHAR|22", "VARCHAR|1.5", "VARCHAR|ssh");
        assertThat(rows("SELECT tags::VARCHAR, o::VARCHAR, late, \"it's\", n FROM one"))
                .containsExactlyInAnyOrder(
                        "[a]|{'x': 1, 'y': NULL}|null|1|null",
                        "[]|{'x': NULL, 'y': q}|x|null|null",
                        "null|null|y|null|9007199254740993");
        assertThat(rows("SELECT count(*) FROM one WHERE BfTs > 1700000000000")).containsExactly("3");
        assertThat(files("dead")).hasSize(1);
        assertThat(folder.resolve("dead"))
                .isDirectoryContaining(file -> content(file).contains("no JSON"));
        assertThat(files("tmp")).isEmpty();
    }

    /** Otherwise a disk that is full of them would stay full. */
    @Test
    void deadLettersAreNotTwiceOnTheDiskOfTheSpool() throws IOException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "no JSON\nneither");
            intake.spool().seal();
            Object file = Files.getAttribute(
                    intake.spool().next().orElseThrow().deadLetters().orElseThrow(), "unix:ino");
            pack(intake);
            Path kept = files("dead").get(0);
            assertThat(Files.getAttribute(kept, "unix:ino")).isEqualTo(file);
            assertThat(Files.readAllLines(kept)).hasSize(2);
            assertThat(Files.getAttribute(kept, "unix:nlink")).isEqualTo(1);
        }
    }

    /** The original looks at 1,000 records, reads lines of up to 64 KB, and rounds beyond 2^53. */
    @Test
    void whatComesLateIsLongOrLargeStaysAsItIs() throws SQLException {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, numbers(0, 2_000) + "{\"n\":\"x\",\"late\":[\"a\"],\"big\":-9007199254740993}\n");
            send(intake, "{\"long\":\"" + "x".repeat(200_000) + "\"}");
            assertThat(pack(intake).orElseThrow().events()).isEqualTo(2_002);
        }
        assertThat(rows("SELECT count(*), count(n), count(DISTINCT n), sum(length(long)) FROM one"))
                .containsExactly("2002|2001|2001|200000");
        assertThat(rows("SELECT n, late::VARCHAR, big FROM one WHERE late IS NOT NULL"))
                .containsExactly("x|[a]|-9007199254740993");
    }

    /** As Windows hosts send them: DuckDB's usual way takes 600 kB per column. */
    @Test
    void hundredsOfSparseColumnsFitIntoTheUsualMemory() throws SQLException {
        int columns = 600;
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            for (int first = 0; first < columns; first += 20) {
                send(intake, sparse(first, 20, 200));
            }
            assertThat(pack(intake).orElseThrow().events()).isEqualTo(columns / 20 * 200);
        }
        assertThat(rows("SELECT count(*), count(DISTINCT c7), count(c599) FROM one"))
                .containsExactly("6000|200|200");
    }

    @Test
    void whatNeedsMoreMemoryThanThereIsSaysWhichSettingGivesIt() {
        packer = new Packer("zstd", 10_000_000, 2, folder.resolve("tmp"), folder.resolve("dead"));
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, sparse(0, 500, 100));
            assertThatThrownBy(() -> pack(intake)).isInstanceOfSatisfying(ConnectorException.class, e -> {
                assertThat(e.kind()).isEqualTo(Problem.Kind.NO_MEMORY);
                assertThat(e)
                        .hasMessage("pack of dataset t/d: 100 events are not in the lake (DuckDB needs more"
                                + " memory than pack.memory-mb). They stay where they are; the next pack takes"
                                + " them. Give pack.memory-mb more.");
            });
            assertThat(intake.spool().counts().spooled()).isEqualTo(100);
        }
    }

    private static String sparse(int first, int columns, int events) {
        return IntStream.range(0, events)
                .mapToObj(event -> IntStream.range(first, first + columns)
                        .mapToObj(column -> "\"c%d\":\"value %d\"".formatted(column, event))
                        .collect(Collectors.joining(",", "{", "}\n")))
                .collect(Collectors.joining());
    }

    @Test
    void aPackThatDiesAnywhereIsRepeatedUnderTheSameKey() throws SQLException {
        List<Shelf> fatal = List.of(
                (key, file) -> {
                    throw new IOException("away");
                },
                (key, file) -> {
                    lake.put(key, file);
                    throw new IOException("died after it was there");
                });
        try (Spool spool = open()) {
            send(intake(spool), "{\"a\":1}\nx");
        }
        for (Shelf each : fatal) {
            try (Spool spool = open()) {
                Intake intake = intake(spool);
                intake.spool().seal();
                assertThatThrownBy(
                                () -> packer.pack(intake.spool().next().orElseThrow(), intake, each, Optional.empty()))
                        .isInstanceOf(ConnectorException.class)
                        .hasMessageContaining("pack of dataset t/d: 1 events are not in the lake (")
                        .hasMessageContaining("They stay where they are; the next pack takes them.");
                // What comes meanwhile is for the next segment.
                send(intake, "{\"a\":2}");
                assertThat(files("tmp")).noneMatch(file -> file.toString().endsWith(".part"));
            }
        }
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            while (pack(intake).isPresent()) {
                assertThat(intake.spool().counts().deadLettered()).isEqualTo(1);
            }
            assertThat(intake.spool().counts()).isEqualTo(new Counts(3, 0, 1, 0));
        }
        assertThat(rows("SELECT a FROM one ORDER BY a")).containsExactly("1", "2", "2");
        assertThat(files("dead")).hasSize(1);
    }

    /** Nothing that is received is like these; a version before, a disk or a person may have written them. */
    @Test
    void anEventThatDuckDbRefusesHoldsUpNoOther() throws SQLException {
        List<String> odd = List.of(
                "{\"BfTs\":1,\"n\":",
                "{\"BfTs\":3,\"n\":1}{\"BfTs\":4,\"n\":2}",
                "{\"BfTs\":\"x\",\"n\":5}",
                "\0\0\0",
                "{\"BfTs\":6,\"text\":\"" + "y".repeat(200_000));
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, numbers(0, 1000) + "no JSON");
            for (String each : odd) {
                intake.append(new Arrival(Optional.empty(), ByteBuffer.wrap((each + "\n").getBytes(UTF_8)), 1));
            }
            intake.append(new Arrival(
                    Optional.empty(), ByteBuffer.wrap("{\"BfTs\":7,\"n\":\"\u00e4\"}\n".getBytes(ISO_8859_1)), 1));
            send(intake, numbers(1000, 1500));
        }
        // They do not hold up a start either.
        try (Spool spool = open()) {
            Intake intake = Intake.open(spool.dataset("t", "d"), Clock.systemUTC());
            Packer.Packed packed = pack(intake).orElseThrow();
            int refused = odd.size() + 1;
            assertThat(packed.events()).isEqualTo(1500);
            assertThat(packed.deadLetters()).isEqualTo(refused + 1);
            assertThat(intake.spool().counts()).isEqualTo(new Counts(1500, 0, refused + 1, 0));
        }
        assertThat(rows("SELECT count(*), count(DISTINCT n), max(n) FROM one")).containsExactly("1500|1500|1499");
        assertThat(files("dead")).singleElement().satisfies(file -> assertThat(
                        content(file).lines())
                .hasSize(odd.size() + 2)
                .allMatch(line -> line.matches("\\{\"received\":\".+\",\"reason\":\".+\",\"(line|base64)\":\".*\"}")));
        assertThat(files("tmp")).isEmpty();
    }

    private static String numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj("{\"n\":%d}\n"::formatted).collect(Collectors.joining());
    }

    @Test
    void whatIsOnlyDeadLettersMakesNoObject() {
        try (Spool spool = open()) {
            Intake intake = intake(spool);
            send(intake, "x\ny");
            assertThat(pack(intake).orElseThrow())
                    .isEqualTo(new Packer.Packed(Optional.empty(), 0, 0, 0, 2, 0, 0, Set.of()));
            assertThat(intake.spool().counts()).isEqualTo(new Counts(0, 0, 2, 0));
            assertThat(lake.folder()).doesNotExist();
        }
    }

    @Test
    void anObjectIsNeverThereInPart() throws IOException {
        lake.put("year=2026/a.parquet", Files.writeString(folder.resolve("x"), "one"));
        lake.put("year=2026/a.parquet", Files.writeString(folder.resolve("x"), "two"));
        assertThat(lake.folder().resolve("year=2026/a.parquet")).hasContent("two");
        assertThatThrownBy(() -> lake.put("year=2026/b.parquet", folder.resolve("missing")))
                .isInstanceOf(IOException.class);
        try (Stream<Path> all = Files.list(lake.folder().resolve("year=2026"))) {
            assertThat(all).hasSize(1);
        }
    }

    private Spool open() {
        return Spool.open(folder.resolve("spool [1]"), 10_000_000);
    }

    private static Intake intake(Spool spool) {
        return Intake.open(spool.dataset("t", "d"), Clock.systemUTC());
    }

    private static void send(Intake intake, String lines) {
        EventSplitter splitter = new EventSplitter(Format.NDJSON, 1_000_000, intake.batch());
        byte[] bytes = lines.getBytes(UTF_8);
        splitter.take(bytes, 0, bytes.length);
        intake.append(splitter.end(Optional.empty()));
    }

    private Optional<Packer.Packed> pack(Intake intake) {
        intake.spool().seal();
        return intake.spool().next().map(segment -> packer.pack(segment, intake, lake, Optional.empty()));
    }

    private List<String> rows(String sql) {
        return ParquetRows.of(lake.folder(), sql);
    }

    private List<Path> files(String name) {
        try (Stream<Path> all = Files.list(folder.resolve(name))) {
            return all.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
