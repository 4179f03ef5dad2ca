package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The first ten records of each of the sample's 12 objects go to a webhook that refuses the fourth one of each. */
@Tag("slow")
class DeadLetterReplayTest {
    private static final int OBJECTS = 12;
    private static final String REFUSED = "\"n\":3}";

    @TempDir
    private Path folder;

    private WebhookServer server;
    private Settings settings;
    private Operations operations;
    private ExportDefinition export;

    @BeforeEach
    void leaveDeadLetters() throws Exception {
        server = WebhookServer.start();
        settings = TestRun.settings(
                folder,
                Map.of(
                        "destination.type",
                        "webhook",
                        "destination.webhook.url",
                        server.url().toString(),
                        "query.sql",
                        "SELECT message, file_row_number AS n FROM read_parquet('PARQUET_PATH', file_row_number=true)"
                                + " WHERE file_row_number < 10",
                        "delivery.max-retries",
                        "0"));
        refuse(text -> text.contains(REFUSED));
        assertThat(TestRun.batch(settings).succeeded()).isTrue();
        operations = Operations.ofStore(settings, () -> {
            throw new AssertionError();
        });
        export = operations.exports().get(0);
        assertThat(operations.status().lanes().get(0).deadLetters()).isEqualTo(OBJECTS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void whatTheDestinationNowTakesIsNoDeadLetterAnyMore() throws Exception {
        refuse(text -> false);

        assertThat(operations.replay().replay(export, Set.of())).isEqualTo(new Replay.Result(OBJECTS, 0, 0, null));

        assertThat(server.records()).hasSize(10 * OBJECTS);
        assertThat(server.records())
                .filteredOn(record -> record.endsWith(REFUSED))
                .hasSize(OBJECTS);
        assertThat(letters()).isEmpty();
        assertThat(files()).isEmpty();
        LaneStatus lane = operations.status().lanes().get(0);
        assertThat(lane.totals()).isEqualTo(new Counts(10 * OBJECTS, 10 * OBJECTS, 0, 0));
        assertThat(operations.history().runs(lane.lane(), 1))
                .singleElement()
                .satisfies(run -> assertThat(run.state()).isEqualTo(History.State.REPLAYED))
                .satisfies(run -> assertThat(run.counts()).isEqualTo(new Counts(OBJECTS, OBJECTS, 0, 0)));
    }

    @Test
    void whatStandsForATooLargeRecordIsNeverSent() throws Exception {
        Path file = files().get(0);
        String standIn = "{\"too_large\":{\"bytes\":120000000}}";
        Files.writeString(
                file, Files.readString(file).replaceFirst("\"record\":\\{.*", "\"record\":%s}".formatted(standIn)));
        refuse(text -> false);

        Replay.Result result = operations.replay().replay(export, Set.of());

        assertThat(result.failed()).isEqualTo(1);
        assertThat(result.message()).contains("only the size of its record");
        assertThat(server.records()).hasSize(10 * OBJECTS - 1).doesNotContain(standIn);
        assertThat(letters()).singleElement().matches(DeadLetter::isStandIn);
    }

    @Test
    void whatIsRefusedAgainStaysWithTheNewReason() throws Exception {
        String stubborn = letters().get(7).record();
        refuse(text -> text.contains(stubborn.substring(1)));
        server.replyWhen(request -> request.text().contains(stubborn.substring(1)), Reply.of(422, "still not"));

        Replay.Result result = operations.replay().replay(export, Set.of());

        assertThat(result.replayed()).isEqualTo(OBJECTS - 1);
        assertThat(result.failed()).isEqualTo(1);
        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.record()).isEqualTo(stubborn);
            assertThat(letter.reason()).startsWith("422").contains("still not");
        });
    }

    @Test
    void nothingIsLostWhileTheDestinationIsDown() throws Exception {
        Set<String> before = new HashSet<>();
        letters().forEach(letter -> before.add(letter.id() + letter.record() + letter.recordId()));
        server.close();

        Replay.Result result = operations.replay().replay(export, Set.of());

        assertThat(result.replayed()).isZero();
        assertThat(result.failed()).isEqualTo(OBJECTS);
        assertThat(result.message()).contains("Connection refused");
        assertThat(letters())
                .extracting(letter -> letter.id() + letter.record() + letter.recordId())
                .containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void someCanBeReplayedAndOthersDiscarded() throws Exception {
        refuse(text -> false);
        List<DeadLetter> before = letters();

        Set<String> one = Set.of(before.get(0).id());
        assertThat(operations.replay().replay(export, one).replayed()).isEqualTo(1);
        assertThat(operations.replay().discard(export, Set.of(before.get(1).id())))
                .isEqualTo(1);

        assertThat(server.records())
                .hasSize(9 * OBJECTS + 1)
                .contains(before.get(0).record());
        assertThat(letters())
                .extracting(DeadLetter::id)
                .containsExactlyInAnyOrderElementsOf(
                        before.subList(2, OBJECTS).stream().map(DeadLetter::id).toList());
    }

    @Test
    void aRecordMendedByAPersonIsSentAsItIsNow() throws Exception {
        Path file = files().get(0);
        Files.writeString(file, Files.readString(file).replace(REFUSED, "\"n\":3000}"));

        Replay.Result result = operations.replay().replay(export, Set.of());

        assertThat(server.records()).anyMatch(record -> record.endsWith("\"n\":3000}"));
        assertThat(result.replayed()).isPositive();
        assertThat(letters()).allMatch(letter -> letter.record().endsWith(REFUSED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"batch_id\":\"x\"}",
                "no JSON",
                "\u0000\u0007",
                "[[[[",
                "{\"record\":{\"a\":1}",
                "{\"record\":{}}"
            })
    void aLineThatIsNoDeadLetterHidesNoOther(String line) throws Exception {
        refuse(text -> false);
        Path file = files().get(0);
        String letter = Files.readString(file);
        // The last line lacks its end, as after a crash.
        Files.writeString(file, line + "\n" + letter + line);

        assertThat(operations.status().lanes().get(0).deadLetters()).isEqualTo(OBJECTS + 2);
        assertThat(operations.deadLetters().lines(export.lane()).filter(each -> each.letter()
                        .isEmpty()))
                .extracting(DeadLetterLine::problem)
                .hasSize(2)
                .allMatch(problem -> problem.lines().count() == 1 && problem.endsWith("Correct or discard it."))
                .first()
                .asString()
                .startsWith("dead letters " + file + ", line 1: cannot be read (");

        Replay.Result result = operations.replay().replay(export, Set.of());

        assertThat(result.replayed()).isEqualTo(OBJECTS);
        assertThat(result.failed()).isEqualTo(2);
        assertThat(result.message()).contains(file + ", line ");
        assertThat(file).content().isEqualTo((line + "\n").repeat(2));
        String id = operations
                .deadLetters()
                .lines(export.lane())
                .findFirst()
                .orElseThrow()
                .id();
        assertThat(operations.replay().discard(export, Set.of(id))).isEqualTo(2);
        assertThat(files()).isEmpty();
    }

    /** Half a file, and a block of the disk that holds something else. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDamagedFileIsNamedAndTheOthersAreReplayed(boolean truncated) throws Exception {
        refuse(text -> false);
        asAnEarlierConnectorKeptThem();
        Path file = files().get(0);
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = Arrays.copyOf(whole, truncated ? whole.length / 2 : whole.length);
        if (!truncated) {
            new Random(7).nextBytes(damaged);
        }
        Files.write(file, damaged);

        Replay.Result result = operations.replay().replay(export, Set.of());

        assertThat(result.replayed()).isEqualTo(OBJECTS - 1);
        assertThat(result.failed()).isPositive();
        assertThat(result.message())
                .startsWith("dead letters " + file + ", line ")
                .doesNotContain("\n");
        assertThat(file).hasBinaryContent(damaged);
        Files.write(file, whole);
        assertThat(operations.replay().replay(export, Set.of()).failed()).isZero();
        assertThat(server.records()).hasSize(10 * OBJECTS);
    }

    /** A row of a lake may have any JSON in it: deep, with long numbers, half characters and the same name twice. */
    @ParameterizedTest
    @ValueSource(ints = {2000, 90_000})
    void aRecordIsReplayedHoweverDeepItIs(int depth) throws Exception {
        refuse(text -> false);
        Path file = files().get(0);
        String odd = "{\"j\":%s1%s,\"n\":%s,\"h\":\"\\ud800\\u0000\",\"d\":{\"a\":1,\"a\":2}}"
                .formatted("[".repeat(depth), "]".repeat(depth), "7".repeat(5000));
        String letter = Files.readString(file);
        Files.writeString(
                file, letter.replaceFirst("\"record\":.*", Matcher.quoteReplacement("\"record\":" + odd + "}")));

        assertThat(DeadLetterPage.of(operations.deadLetters(), export.lane(), null, null, null)
                        .deadLetters())
                .hasSize(OBJECTS)
                .allMatch(each -> Json.isDocument(each.record()));
        // The server of the test does not read so deep, and refuses it.
        assertThat(operations.replay().replay(export, Set.of()).replayed()).isEqualTo(OBJECTS - 1);
        assertThat(server.requests()).anyMatch(request -> request.text().contains(odd));
        assertThat(letters()).singleElement().extracting(DeadLetter::record).isEqualTo(odd);
    }

    @Test
    void theRateIsKept() throws Exception {
        refuse(text -> false);
        Settings slow =
                settings.with(Mode.REPLAY, Map.of("delivery.max-records-per-second", "5", "schedule.batch-size", "1"));
        long began = System.nanoTime();

        assertThat(new Replay(slow, new DeadLetters(folder.resolve("dead-letters")), Optional::empty, () -> null)
                        .replay(export, Set.of())
                        .replayed())
                .isEqualTo(OBJECTS);

        // The last batch waits for all before it.
        assertThat(System.nanoTime() - began).isGreaterThan(1_000_000_000L);
    }

    @Test
    void aBatchIsNoLargerThanThoseOfExports() throws Exception {
        refuse(text -> false);
        Settings small = settings.with(Mode.REPLAY, Map.of("schedule.batch-size", "5"));

        new Replay(small, new DeadLetters(folder.resolve("dead-letters")), Optional::empty, () -> null)
                .replay(export, Set.of());

        assertThat(server.requests().stream()
                        .map(request -> request.text().split(REFUSED, -1).length - 1)
                        .skip(server.requests().size() - 3))
                .containsExactly(5, 5, 2);
    }

    /** A file for each batch. */
    private void asAnEarlierConnectorKeptThem() throws Exception {
        Path all = files().get(0);
        for (String line : Files.readAllLines(all)) {
            String batch = line.replaceFirst(".*\"batch_id\":\"([^\"]+)\".*", "$1");
            Files.writeString(all.resolveSibling(batch + ".ndjson"), line + "\n");
        }
        Files.delete(all);
    }

    private void refuse(Predicate<String> records) {
        server.replyWhen(request -> true, Reply.of(200));
        server.replyWhen(request -> records.test(request.text()), Reply.of(400, "bad record"));
    }

    private List<DeadLetter> letters() {
        return operations
                .deadLetters()
                .lines(export.lane())
                .flatMap(line -> line.letter().stream())
                .toList();
    }

    private List<Path> files() throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve("dead-letters"))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
