package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.Command;
import com.bytefreezer.connector.app.CommandOptions;
import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.LaneLookups;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What new entries of a lookup match in what was delivered is delivered then, and nothing else. */
@Tag("slow")
class RetroHuntTest extends FaultBed {
    private static final String JOIN = "SELECT n, hostname FROM events JOIN ioc ON ioc.id = n % 100";
    private static final String SEMI = "SELECT n, hostname FROM events WHERE n % 100 IN (SELECT id FROM ioc)";

    private Path ioc;
    private Changes changesBeforeHunt = () -> {};

    private interface Changes {
        void make() throws IOException;
    }

    @BeforeEach
    void make() throws IOException {
        ioc = Files.createDirectories(folder.resolve("lookups")).resolve("ioc.ndjson");
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        entries(0, 10);
    }

    @Test
    void onlyWhatNewEntriesMatchIsDeliveredOnce() throws Exception {
        run(JOIN);
        assertThat(sink.acceptedRecords()).isEqualTo(100);
        entries(5, 15);
        // It is joined with the new entries by the run itself.
        lake.numbers(OBJECT + "b.parquet", 1000, 1000);
        run(JOIN);
        assertThat(sink.acceptedRecords()).isEqualTo(200);

        assertThat(replay(JOIN))
                .contains("default/webhook: everything that the new entries of lookup ioc match is delivered");

        assertThat(sink.acceptedRecords()).isEqualTo(250);
        assertThat(sink.distinctRecords()).isEqualTo(250);
        assertThat(replay(JOIN)).contains("lookup ioc has not changed");
        assertThat(folder.resolve("lookup-versions")).isDirectoryContaining("glob:**.parquet");
        try (var kept = Files.list(folder.resolve("lookup-versions"))) {
            assertThat(kept).as("versions that are needed").hasSize(1);
        }
        assertThat(sink.acceptedRecords()).isEqualTo(250);
    }

    @Test
    void aRecordThatAFormerEntryMatchedIsNotDeliveredAgain() throws Exception {
        run(SEMI);
        Files.writeString(ioc, Files.readString(ioc) + "\n{\"id\":3}\n{\"id\":50}\n");
        run(SEMI);

        replay(SEMI);

        assertThat(sink.acceptedRecords()).isEqualTo(110);
        assertThat(sink.distinctRecords()).isEqualTo(110);
    }

    @Test
    void aHuntThatFailsIsDoneAgain() throws Exception {
        run(JOIN);
        entries(0, 20);
        run(JOIN);
        sink.replyWhen(request -> true, Reply.of(503));
        replay(JOIN);
        assertThat(sink.distinctRecords()).isEqualTo(100);
        sink.replyWhen(request -> true, Reply.of(200));

        replay(JOIN);

        assertThat(sink.distinctRecords()).isEqualTo(200);
        assertThat(sink.acceptedRecords()).isEqualTo(200);
    }

    @Test
    void aHuntThatBreaksOffContinuesWhereItWas() throws Exception {
        large("b.parquet", 1000, 40_000);
        run(JOIN);
        assertThat(sink.acceptedRecords()).isEqualTo(4_100);
        entries(0, 100);
        run(JOIN);
        sink.replyWhen(request -> sink.acceptedRecords() >= 20_000, Reply.of(503));
        replay(JOIN);
        assertThat(sink.distinctRecords()).isBetween(20_000, 40_999);
        sink.replyWhen(request -> true, Reply.of(200));

        assertThat(replay(JOIN)).contains("match is delivered");

        assertThat(sink.distinctRecords()).isEqualTo(41_000);
        assertThat(sink.acceptedRecords()).isBetween(41_000L, 41_000L + IN_FLIGHT * BATCH);
        assertThat(folder.resolve("lookup-hunts")).isEmptyDirectory();
    }

    @Test
    void aSignalEndsAHuntThatAnotherOneContinues() throws Exception {
        large("b.parquet", 1000, 40_000);
        run(JOIN);
        entries(0, 100);
        run(JOIN);
        var stopped = new CountDownLatch(1);
        sink.replyWhen(request -> sink.acceptedRecords() < 6_000 || hasHappened(stopped), Reply.of(200));
        // A signal closes the connector and what it gets besides; nothing follows it.
        assertThatThrownBy(() -> replay(JOIN, (hunt, rest) -> {
                    Await.until("the hunt delivers", () -> sink.acceptedRecords() >= 6_000);
                    hunt.giveUp();
                    stopped.countDown();
                    hunt.awaitAll();
                    rest.close();
                    throw new StoppedException();
                }))
                .isInstanceOf(StoppedException.class);
        long atTheSignal = sink.acceptedRecords();
        assertThat(atTheSignal).isLessThan(41_000);
        assertThat(sink.distinctRecords()).as("no repeats so far").isEqualTo((int) atTheSignal);

        assertThat(replay(JOIN)).contains("match is delivered");

        assertThat(sink.distinctRecords()).isEqualTo(41_000);
        assertThat(sink.acceptedRecords()).as("what was in flight is settled").isEqualTo(41_000);
    }

    @Test
    void ofTwoHuntsAtOnceOneIsRefused() throws Exception {
        run(JOIN);
        entries(0, 20);
        run(JOIN);
        List<LaneLookups.Used> asRead =
                LaneLookups.of(settings(options(JOIN, Map.of()))).all();

        replay(JOIN, (hunt, rest) -> assertThatThrownBy(() -> replay(JOIN))
                .hasMessageContaining("another process hunts for new entries of lookup ioc"));

        assertThat(sink.acceptedRecords()).isEqualTo(200);
        assertThat(LaneLookups.of(settings(options(JOIN, Map.of()))).claim(asRead.get(0), Duration.ofMinutes(1)))
                .as("what another one has hunted for meanwhile")
                .isFalse();
    }

    @Test
    void theNextHuntKnowsWhatTheOneBeforeHasDelivered() throws Exception {
        run(JOIN);
        entries(0, 20);
        run(JOIN);
        var begun = new CountDownLatch(1);
        var changed = new CountDownLatch(1);
        sink.replyWhen(
                request -> {
                    begun.countDown();
                    return hasHappened(changed);
                },
                Reply.of(200));
        replay(JOIN, (hunt, rest) -> {
            hasHappened(begun);
            entries(10, 30);
            run(JOIN);
            changed.countDown();
        });

        replay(JOIN);

        assertThat(sink.distinctRecords()).isEqualTo(300);
        assertThat(sink.acceptedRecords()).as("no repeats").isEqualTo(300);
    }

    @Test
    void aLookupThatChangesBeforeTheHuntReadsItEndsTheHunt() throws Exception {
        run(JOIN);
        entries(0, 20);
        run(JOIN);
        changesBeforeHunt = () -> entries(50, 70);
        replay(JOIN);
        changesBeforeHunt = () -> {};
        assertThat(sink.acceptedRecords()).isEqualTo(200 - 100);
        run(JOIN);

        replay(JOIN);

        assertThat(sink.acceptedRecords()).isEqualTo(300);
        assertThat(sink.distinctRecords()).isEqualTo(300);
    }

    @Test
    void withoutTheFormerVersionAllEntriesAreNew() throws Exception {
        run(JOIN);
        entries(0, 20);
        run(JOIN);
        try (var files = Files.list(folder.resolve("lookup-versions"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }

        replay(JOIN);

        assertThat(sink.distinctRecords()).isEqualTo(200);
        assertThat(sink.acceptedRecords()).isEqualTo(300);
    }

    @Test
    void aVersionThatNoRunHasUsedIsNotHuntedFor() throws Exception {
        run(JOIN);
        entries(0, 20);

        assertThatThrownBy(() -> replay(JOIN))
                .hasMessageContaining("no run has used the current version of lookup ioc");
    }

    @Test
    void aLeftJoinIsRefused() throws Exception {
        String left = "SELECT n, hostname, ioc.id FROM events LEFT JOIN ioc ON ioc.id = n % 100";
        run(left);
        entries(0, 20);
        run(left);

        replay(left);

        assertThat(sink.acceptedRecords()).isEqualTo(1000);
    }

    @Test
    void aWatchHuntsByItself() throws Exception {
        Map<String, String> options = Map.of("lookups.retro-hunt", "9999d");
        try (TestRun.Running watch = watch(options(JOIN, options))) {
            Await.until("the first object", () -> sink.acceptedRecords() == 100);
            entries(0, 20);
            Await.until("what new entries match", () -> sink.acceptedRecords() == 200);
            entries(10, 30);
            Await.until("what newer entries match", () -> sink.acceptedRecords() == 300);
            assertThat(watch.log()).anyMatch(line -> line.contains("lookup ioc has changed"));
            Await.until(
                    "the note that all is delivered",
                    () -> LaneLookups.of(settings(options(JOIN, options))).all().stream()
                            .noneMatch(LaneLookups.Used::hasChanged));
        }
        assertThat(sink.distinctRecords()).isEqualTo(300);
        assertThat(History.of(settings(options(JOIN, options))).runs(Lane.parse("default/webhook"), 10))
                .anySatisfy(run -> assertThat(run.lookups()).containsOnlyKeys("ioc"));
    }

    @Test
    @SuppressWarnings("try") // The other replica only runs.
    void ofTwoReplicasOneHunts() throws Exception {
        try (PostgresServer postgres = PostgresServer.start();
                TestRun.Running one = watch(replica(postgres, "one"));
                TestRun.Running ignored = watch(replica(postgres, "other"))) {
            Await.until("the first object", () -> sink.acceptedRecords() == 100);
            entries(0, 20);
            Await.until("what new entries match", () -> sink.acceptedRecords() == 200);
            Await.until(
                    "the note that all is delivered",
                    () -> LaneLookups.of(settings(replica(postgres, "one"))).all().stream()
                            .noneMatch(LaneLookups.Used::hasChanged));
            // Both write to the log of this process.
            assertThat(one.log().stream().filter(line -> line.contains("lookup ioc has changed")))
                    .hasSize(1);
        }
        assertThat(sink.acceptedRecords()).isEqualTo(200);
    }

    private Map<String, String> replica(PostgresServer postgres, String name) {
        return options(
                JOIN,
                Map.of(
                        "lookups.retro-hunt",
                        "9999d",
                        "data.folder",
                        folder.resolve(name).toString(),
                        "cursor.url",
                        postgres.url(),
                        "cursor.username",
                        PostgresServer.USERNAME,
                        "cursor.password",
                        PostgresServer.PASSWORD));
    }

    private void entries(int from, int to) throws IOException {
        Path part = Files.writeString(
                ioc.resolveSibling("part"),
                IntStream.range(from, to).mapToObj("{\"id\":%d}"::formatted).collect(Collectors.joining("\n")));
        Files.move(part, ioc, StandardCopyOption.REPLACE_EXISTING);
    }

    private void run(String sql) throws Exception {
        assertThat(TestRun.batch(settings(options(sql, Map.of()))).succeeded()).isTrue();
    }

    private static boolean hasHappened(CountDownLatch event) {
        try {
            event.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Happens while a hunt is under way; {@code rest} is what a signal closes besides the connector. */
    private interface Meanwhile {
        void happen(Schedule hunt, AutoCloseable rest) throws Exception;
    }

    private String replay(String sql) throws Exception {
        return replay(sql, (hunt, rest) -> {});
    }

    private String replay(String sql, Meanwhile meanwhile) throws Exception {
        var out = new ByteArrayOutputStream();
        var options = new CommandOptions();
        new CommandLine(options).parseArgs("--changed-lookup", "IOC");
        new Command(
                        settings(options(sql, Map.of())),
                        new Secrets(),
                        options,
                        new PrintStream(out, true, StandardCharsets.UTF_8))
                .replay((settings, lanes, rest, prepare) -> {
                    changesBeforeHunt.make();
                    try (Connector connector = Connector.once(settings, new Secrets(), Cursor.open(settings))) {
                        prepare.accept(connector);
                        Schedule schedule = connector.start(lanes);
                        meanwhile.happen(schedule, rest);
                        schedule.awaitAll();
                        return schedule.allSucceeded() ? 0 : 1;
                    }
                });
        return out.toString(StandardCharsets.UTF_8);
    }

    private Map<String, String> options(String sql, Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(more);
        all.put("query.sql", sql);
        all.put("lookups.folder", ioc.resolveSibling("").toString());
        all.put("cursor.claim-seconds", "10");
        return all;
    }
}
