package com.bytefreezer.connector.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    private static final long MOST = 1_000_000;

    @TempDir
    private Path folder;

    @Test
    void whatArrivesFromManyIsThereOnceAfterAnAcknowledgment() throws Exception {
        try (Spool spool = Spool.open(folder, MOST)) {
            ExecutorService senders = Executors.newFixedThreadPool(8);
            List<CompletableFuture<Void>> sent = IntStream.range(0, 400)
                    .mapToObj(i -> CompletableFuture.runAsync(
                            () -> spool.dataset("t", "d").append(arrival("", "e" + i)), senders))
                    .toList();
            sent.forEach(CompletableFuture::join);
            senders.shutdown();
            assertThat(eventsOf(spool))
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 400).mapToObj(i -> "e" + i).toList());
            assertThat(spool.dataset("t", "d").counts()).isEqualTo(new Counts(0, 0, 0, 400));
        }
    }

    @Test
    void aRepeatWithinAnHourIsStoredOnceAlsoAfterARestart() {
        Instant start = Instant.parse("2026-11-28T10:00:00Z");
        try (Spool spool = Spool.open(folder, MOST, at(start))) {
            DatasetSpool dataset = spool.dataset("t", "d");
            assertThat(dataset.append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.STORED);
            assertThat(dataset.append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.REPEATED);
            assertThat(spool.dataset("t", "other").append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.STORED);
            pack(dataset);
        }
        try (Spool spool = Spool.open(folder, MOST, at(start.plus(Duration.ofMinutes(59))))) {
            assertThat(spool.dataset("t", "d").append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.REPEATED);
        }
        // The time without a process does not count.
        Instant[] now = {start.plus(Duration.ofDays(1))};
        try (Spool spool = Spool.open(folder, MOST, moving(now))) {
            DatasetSpool dataset = spool.dataset("t", "d");
            now[0] = now[0].plus(Duration.ofMinutes(59));
            assertThat(dataset.append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.REPEATED);
            now[0] = now[0].plus(Duration.ofMinutes(2));
            assertThat(dataset.append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.STORED);
            pack(dataset);
            assertThat(files("d")).as("nothing stays of a packed segment").noneMatch(name -> name.contains("0001"));
        }
    }

    @Test
    void muchThatIsNewDoesNotHideRepeatsOfAFormerProcess() {
        try (Spool spool = Spool.open(folder, MOST * 100)) {
            spool.dataset("t", "d").append(arrival("id", "e"));
        }
        try (Spool spool = Spool.open(folder, MOST * 100)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(IntStream.rangeClosed(0, 100_000)
                    .mapToObj(i -> arrival("new" + i, "e"))
                    .toList());
            assertThat(dataset.append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.REPEATED);
        }
    }

    @Test
    void positionsAreStoredWithTheEventsAndOutlivePacks() {
        try (Spool spool = Spool.open(folder, MOST)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(at("a", 10));
            dataset.append(at("b", 1));
            pack(dataset);
            dataset.append(at("b", 2));
        }
        try (Spool spool = Spool.open(folder, MOST)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            assertThat(dataset.positions()).isEqualTo(Map.of("a", 10L, "b", 2L));
            dataset.append(at("a", Arrival.FORGOTTEN));
            pack(dataset);
        }
        try (Spool spool = Spool.open(folder, MOST)) {
            assertThat(spool.dataset("t", "d").positions()).isEqualTo(Map.of("b", 2L));
        }
    }

    @Test
    void aPositionIsLostWithTheEventsThatTheDiskHasLost() throws IOException {
        try (Spool spool = Spool.open(folder, MOST)) {
            spool.dataset("t", "d").append(at("a", 1));
            spool.dataset("t", "d").append(at("a", 2));
        }
        Files.write(folder.resolve("t/d/000000000001.ndjson"), new byte[] {'e', '\n', 'e'});
        try (Spool spool = Spool.open(folder, MOST)) {
            assertThat(spool.dataset("t", "d").positions()).isEqualTo(Map.of("a", 1L));
        }
    }

    private static Arrival at(String source, long position) {
        return new Arrival(Optional.empty(), bytes("e\n"), 1, ByteBuffer.allocate(0), 0, Map.of(source, position));
    }

    @Test
    void ofSeveralTogetherOnlyRepeatsAreLeftOut() throws IOException {
        try (Spool spool = Spool.open(folder, MOST)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(arrival("b", "2"));
            assertThat(dataset.append(
                            List.of(arrival("a", "1"), arrival("b", "2"), arrival("c", "3"), arrival("c", "3"))))
                    .containsExactly(
                            Arrival.Outcome.STORED,
                            Arrival.Outcome.REPEATED,
                            Arrival.Outcome.STORED,
                            Arrival.Outcome.REPEATED);
            assertThat(eventsOf(spool)).containsExactly("2", "1", "3");
            assertThat(spool.bytes()).isEqualTo(6);
        }
        try (Spool spool = Spool.open(folder, 10)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            assertThatThrownBy(() -> dataset.append(List.of(arrival("d", "4"), arrival("e", "5"), arrival("f", "6"))))
                    .hasMessageContaining("the spool is full");
            assertThat(spool.bytes()).as("all of them or none").isEqualTo(6);
            assertThat(dataset.append(List.of(arrival("d", "4")))).containsExactly(Arrival.Outcome.STORED);
        }
    }

    @Test
    void aFullSpoolRefusesAndTakesMoreAfterAPack() {
        try (Spool spool = Spool.open(folder, 100)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(arrival("", "x".repeat(80)));
            assertThatThrownBy(() -> dataset.append(arrival("id", "y".repeat(80))))
                    .isInstanceOfSatisfying(ConnectorException.class, full -> assertThat(full.kind())
                            .isEqualTo(Problem.Kind.NO_ROOM))
                    .hasMessageContaining("the spool is full (spool.max-bytes 100)");
            pack(dataset);
            assertThat(dataset.append(arrival("id", "y".repeat(80)))).isEqualTo(Arrival.Outcome.STORED);
            assertThat(dataset.append(arrival("id", "y".repeat(80))))
                    .as("there is no room for it, and it needs none")
                    .isEqualTo(Arrival.Outcome.REPEATED);
            assertThat(spool.bytes()).isEqualTo(81);
        }
    }

    @Test
    void afterAWriteThatFailedNothingOfItIsThere() throws IOException {
        try (Spool spool = Spool.open(folder, MOST)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(arrival("", "first"));
            // An interrupted thread's channel is closed under it.
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> dataset.append(arrival("id", "lost")))
                    .hasMessageContaining("Events are refused, so that their senders keep them.");
            assertThat(Thread.interrupted()).isTrue();
            dataset.append(arrival("id", "again"));
            assertThat(eventsOf(spool)).containsExactly("first", "again");
            assertThat(spool.bytes()).isEqualTo(12);
        }
    }

    @Test
    void aSegmentStaysTheSameUntilItsPackIsCommitted() {
        SealedSegment sealed;
        try (Spool spool = Spool.open(folder, MOST)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            assertThat(dataset.next()).isEmpty();
            dataset.seal();
            assertThat(dataset.next()).as("nothing has arrived").isEmpty();
            dataset.append(new Arrival(Optional.empty(), bytes("a\n"), 1, bytes("dead\n"), 1));
            dataset.seal();
            dataset.append(arrival("", "b"));
            sealed = dataset.next().orElseThrow();
        }
        try (Spool spool = Spool.open(folder, MOST)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            assertThat(dataset.next()).contains(sealed);
            dataset.seal();
            assertThat(dataset.next()).contains(sealed);
            dataset.commit(sealed, 1, 0, "shape", Map.of());
            assertThat(dataset.counts()).isEqualTo(new Counts(0, 1, 1, 1));
            assertThat(dataset.shape()).isEqualTo("shape");
            assertThat(dataset.next().orElseThrow().identity()).isNotEqualTo(sealed.identity());
            assertThatThrownBy(() -> dataset.commit(sealed, 0, 0, "", Map.of()))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aClockThatIsSetBackAnHourChangesNothing() {
        Instant start = Instant.parse("2026-11-28T10:00:00Z");
        AtomicReference<Instant> now = new AtomicReference<>(start);
        try (Spool spool = Spool.open(folder, MOST, changing(now))) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(arrival("id", "e"));
            now.set(start.minus(Duration.ofHours(1)));
            assertThat(dataset.append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.REPEATED);
            for (int i = 0; i < 60; i++) {
                dataset.append(arrival("", "e" + i));
            }
            assertThat(dataset.look().eventsPerSecond()).isEqualTo(1);
            pack(dataset);
            assertThat(dataset.counts()).isEqualTo(new Counts(61, 0, 0, 0));
        }
        try (Spool spool = Spool.open(folder, MOST, changing(now))) {
            assertThat(spool.dataset("t", "d").append(arrival("id", "e"))).isEqualTo(Arrival.Outcome.REPEATED);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void manyDatasetsDoNotKeepTheirFilesOpen() throws IOException {
        try (Spool spool = Spool.open(folder, MOST)) {
            int datasets = OpenFiles.MOST + 10;
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < datasets; i++) {
                    spool.dataset("t" + i, "d").append(arrival("", "e"));
                }
            }
            assertThat(openFiles()).isEqualTo(2L * OpenFiles.MOST);
            assertThat(spool.datasets())
                    .hasSize(datasets)
                    .allMatch(each -> each.counts().spooled() == 2);
            // Room for those that come after them.
            spool.datasets().forEach(DatasetSpool::seal);
            spool.datasets().forEach(each -> each.append(arrival("", "e")));
            assertThat(openFiles()).isEqualTo(2L * OpenFiles.MOST);
        }
        assertThat(openFiles()).isZero();
    }

    private long openFiles() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(each -> {
                        try {
                            String name = Files.readSymbolicLink(each).toString();
                            return name.startsWith(folder.toString()) && name.matches(".*\\.(ndjson|journal)");
                        } catch (IOException e) {
                            // The folder of open files itself.
                            return false;
                        }
                    })
                    .count();
        }
    }

    @Test
    void oneProcessHasTheFolder() {
        try (Spool spool = Spool.open(folder, MOST)) {
            assertThatThrownBy(() -> Spool.open(folder, MOST))
                    .hasMessageContaining("another process uses it. Not started.");
            assertThat(spool.datasets()).isEmpty();
        }
        Spool.open(folder, MOST).close();
    }

    @Test
    void namesOfOthersLeadNowhereElseAndFilesArePrivate() throws IOException {
        List<String> names = List.of("..", ".", "a/b", "a_b", "A b", "a\0b", "ß".repeat(200), "con", ".lock", "");
        try (Spool spool = Spool.open(folder.resolve("spool"), MOST)) {
            for (String name : names) {
                spool.dataset(name, name).append(arrival("", name.replace("\0", "")));
            }
        }
        try (Spool spool = Spool.open(folder.resolve("spool"), MOST)) {
            assertThat(spool.datasets()).extracting(DatasetSpool::tenant).containsExactlyInAnyOrderElementsOf(names);
            assertThat(spool.datasets()).allMatch(one -> one.counts().spooled() == 1);
        }
        try (Stream<Path> all = Files.walk(folder.resolve("spool"))) {
            assertThat(all)
                    .allSatisfy(path -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                            .endsWith("------"));
        }
        assertThat(folder).isDirectoryContaining("glob:**/spool");
        try (Stream<Path> beside = Files.list(folder)) {
            assertThat(beside).hasSize(1);
        }
    }

    @Test
    void whatTheDiskHasLostIsSaidAndTheRestGoesOn() throws IOException {
        try (Spool spool = Spool.open(folder, MOST)) {
            spool.dataset("t", "d").append(arrival("1", "one"));
            spool.dataset("t", "d").append(arrival("2", "two"));
        }
        Path data = folder.resolve("t/d/000000000001.ndjson");
        Files.writeString(data, "one\ntw");
        for (int restart = 0; restart < 2; restart++) {
            try (Spool spool = Spool.open(folder, MOST)) {
                assertThat(spool.dataset("t", "d").counts().received()).isEqualTo(1);
            }
        }
        try (Spool spool = Spool.open(folder, MOST)) {
            assertThat(spool.dataset("t", "d").append(arrival("2", "two"))).isEqualTo(Arrival.Outcome.STORED);
            assertThat(eventsOf(spool)).containsExactly("one", "two");
        }
    }

    @Test
    void whoOnlyLooksSeesWhatTheProcessKnows() throws IOException {
        Instant start = Instant.parse("2026-11-28T10:00:00Z");
        assertThat(DatasetState.in(folder.resolve("missing"))).isEmpty();
        try (Spool spool = Spool.open(folder, MOST, at(start))) {
            DatasetSpool dataset = spool.dataset("t", "d");
            requireSeen(
                    dataset,
                    start,
                    "DatasetState[tenant=t, dataset=d, received=0, packed=0, dropped=0, deadLetters=0, "
                            + "spooled=0, spoolBytes=0, oldestSpooled=null, lastEvent=null, eventsPerSecond=0.0]");
            dataset.append(new Arrival(Optional.empty(), bytes("a\nb\n"), 2, bytes("dead\n"), 1));
            requireSeen(
                    dataset,
                    start,
                    "DatasetState[tenant=t, dataset=d, received=3, packed=0, dropped=0, deadLetters=1, "
                            + "spooled=2, spoolBytes=9, oldestSpooled=2026-11-28T10:00:00Z, lastEvent=2026-11-28T10:00:00Z, eventsPerSecond=0.05]");
        }
        Instant later = start.plusSeconds(60);
        try (Spool spool = Spool.open(folder, MOST, at(later))) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.seal();
            dataset.append(arrival("", "c"));
            requireSeen(
                    dataset,
                    later,
                    "DatasetState[tenant=t, dataset=d, received=4, packed=0, dropped=0, deadLetters=1, "
                            + "spooled=3, spoolBytes=11, oldestSpooled=2026-11-28T10:00:00Z, lastEvent=2026-11-28T10:01:00Z, eventsPerSecond=%s]"
                                    .formatted(1 / 60.0));
            dataset.commit(dataset.next().orElseThrow(), 1, 0, "", Map.of());
            requireSeen(
                    dataset,
                    later,
                    "DatasetState[tenant=t, dataset=d, received=4, packed=1, dropped=1, deadLetters=1, "
                            + "spooled=1, spoolBytes=2, oldestSpooled=2026-11-28T10:01:00Z, lastEvent=2026-11-28T10:01:00Z, eventsPerSecond=%s]"
                                    .formatted(1 / 60.0));
        }
    }

    @Test
    void aLongJournalIsLookedAtFromItsEnd() throws IOException {
        Instant start = Instant.parse("2026-11-28T10:00:00Z");
        try (Spool spool = Spool.open(folder, MOST, at(start))) {
            for (int i = 0; i < 500; i++) {
                spool.dataset("t", "d").append(arrival("", "e"));
            }
        }
        Instant later = start.plusSeconds(120);
        try (Spool spool = Spool.open(folder, MOST, at(later))) {
            DatasetSpool dataset = spool.dataset("t", "d");
            dataset.append(arrival("", "e"));
            assertThat(dataset.look().eventsPerSecond()).isEqualTo(1 / 60.0);
            assertThat(dataset.look().spooled()).isEqualTo(501);
            assertThat(DatasetState.in(folder, later.toEpochMilli())).containsExactly(dataset.look());
        }
    }

    private void requireSeen(DatasetSpool dataset, Instant now, String state) throws IOException {
        assertThat(dataset.look()).hasToString(state);
        assertThat(DatasetState.in(folder, now.toEpochMilli())).containsExactly(dataset.look());
    }

    private List<String> files(String dataset) {
        try (Stream<Path> all = Files.list(folder.resolve("t").resolve(dataset))) {
            return all.map(file -> String.valueOf(file.getFileName())).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Clock moving(Instant[] now) {
        return new Clock() {
            @Override
            public Instant instant() {
                return now[0];
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
    }

    private static Clock at(Instant time) {
        return Clock.fixed(time, ZoneOffset.UTC);
    }

    private static Clock changing(AtomicReference<Instant> now) {
        return new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now.get();
            }
        };
    }

    static Arrival arrival(String id, String event) {
        return new Arrival(Optional.of(id).filter(one -> !one.isEmpty()), bytes(event + "\n"), 1);
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static void pack(DatasetSpool dataset) {
        dataset.seal();
        dataset.commit(dataset.next().orElseThrow(), 0, 0, "", Map.of());
    }

    /** Of the only dataset, whose only segment is sealed by this. */
    private static List<String> eventsOf(Spool spool) throws IOException {
        DatasetSpool dataset = spool.dataset("t", "d");
        dataset.seal();
        return Files.readAllLines(dataset.next().orElseThrow().data().orElseThrow());
    }
}
