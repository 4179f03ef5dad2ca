package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three small objects of a hundred numbers; a webhook refuses the multiples of 7 among the odd ones. */
@Tag("slow")
class ChangedQueryTest {
    private static final String SQL = "SELECT n, hostname FROM events WHERE n % 2 = 1";
    private static final List<Long> REFUSED = LongStream.range(0, 300)
            .filter(n -> n % 2 == 1 && n % 7 == 0)
            .boxed()
            .toList();

    private static final Pattern NUMBER = Pattern.compile("\"n\":(\\d+)");

    @TempDir
    private Path folder;

    private final CamelContext routes = new DefaultCamelContext();
    private WebhookServer server;
    private ParquetLake lake;
    private Operations operations;
    private ExportDefinition export;

    @BeforeEach
    void leaveDeadLetters() throws Exception {
        routes.addRoutes(withoutCredentials());
        routes.start();
        server = WebhookServer.start();
        lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < 3; i++) {
            lake.numbers("year=2026/month=11/day=20/hour=0%d/a.parquet".formatted(i), 100L * i, 100);
        }
        answer(Reply.of(400, "no multiples of 7"));
        run(SQL);
        server.replyWhen(request -> true, Reply.of(200));
        assertThat(numbers(letters())).containsExactlyInAnyOrderElementsOf(REFUSED);
    }

    @AfterEach
    void stop() {
        server.close();
        routes.stop();
    }

    @Test
    void whatTheQuerySelectsIsDeliveredAndTheRestStays() throws Exception {
        int before = server.records().size();
        Map<Long, String> ids = ids();

        Replay.Result result = operations.replayChanged(
                export, Set.of(), "SELECT n, upper(message) AS text FROM events WHERE n >= 100 AND n % 3 <> 0");

        List<Long> expected =
                REFUSED.stream().filter(n -> n >= 100 && n % 3 != 0).toList();
        List<Long> rest = REFUSED.stream().filter(n -> !expected.contains(n)).toList();
        assertThat(result).isEqualTo(new Replay.Result(expected.size(), 0, rest.size(), null));
        assertThat(server.records().stream().skip(before))
                .containsExactlyInAnyOrderElementsOf(expected.stream()
                        .map(n -> "{\"n\":%1$d,\"text\":\"MESSAGE NUMBER %1$d\"}".formatted(n))
                        .toList());
        assertThat(numbers(letters())).containsExactlyInAnyOrderElementsOf(rest);
        assertThat(letters()).allSatisfy(letter -> assertThat(letter.record()).contains("hostname"));
        assertThat(ids())
                .isEqualTo(ids.entrySet().stream()
                        .filter(each -> rest.contains(each.getKey()))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        assertThat(operations.history().runs(export.lane(), 1)).singleElement().satisfies(run -> {
            assertThat(run.state()).isEqualTo(History.State.REPLAYED);
            assertThat(run.counts()).isEqualTo(new Counts(expected.size(), expected.size(), 0, 0));
        });
    }

    @Test
    void whatIsRefusedAgainKeepsItsIdAndCanBeChangedAgain() throws Exception {
        Map<Long, String> ids = ids();
        answer(Reply.of(422, "still not"));

        Replay.Result result = operations.replayChanged(export, Set.of(), "SELECT n, 'x' AS changed FROM events");

        assertThat(result.replayed()).isZero();
        assertThat(result.failed()).isEqualTo(REFUSED.size());
        assertThat(letters()).allSatisfy(letter -> {
            assertThat(letter.reason()).contains("still not");
            assertThat(letter.record()).endsWith("\"changed\":\"x\"}");
        });
        assertThat(ids()).isEqualTo(ids);
        server.replyWhen(request -> true, Reply.of(200));
        // Meanwhile the export has another query, and its objects are read in another order.
        run("SELECT hostname FROM events WHERE n > 1000");
        assertThat(operations
                        .replayChanged(export, Set.of(), "SELECT message FROM events")
                        .replayed())
                .isEqualTo(REFUSED.size());
        assertThat(letters()).isEmpty();
    }

    @Test
    void someAreTriedWithoutSendingAnything() {
        int before = server.requests().size();
        Set<String> two = letters().stream().limit(2).map(DeadLetter::id).collect(Collectors.toSet());
        List<Long> numbers = numbers(letters().stream().limit(2).toList());

        DeadLetterTrial trial = tried(two, "SELECT n + 1000 AS n FROM events WHERE n <> " + numbers.get(1));

        assertThat(trial.tried()).isEqualTo(2);
        assertThat(trial.matched()).isEqualTo(1);
        assertThat(trial.unmatched()).isEqualTo(1);
        assertThat(trial.records()).singleElement().satisfies(example -> {
            assertThat(example.before().record()).startsWith("{\"n\":%d,".formatted(numbers.get(0)));
            assertThat(example.after().record()).isEqualTo("{\"n\":%d}".formatted(numbers.get(0) + 1000));
            assertThat(example.after().id()).isEqualTo(example.before().id());
        });
        assertThat(server.requests()).hasSize(before);
    }

    @Test
    void aQueryWhoseRecordsCannotBeToldApartSendsNothing() {
        int before = server.requests().size();

        assertThat(List.of(
                        "SELECT count(*) AS n FROM events",
                        "SELECT n FROM events ORDER BY n LIMIT 1",
                        "SELECT unnest([n, n]) AS n FROM events",
                        "SELECT DISTINCT hostname FROM events",
                        "SELECT a.n FROM events a JOIN events b ON a.n = b.n",
                        "SELECT n FROM other",
                        "SELECT nothing FROM events",
                        "SELECT n FROM read_csv('/etc/passwd')",
                        "DELETE FROM events",
                        "SELECT 1; SELECT 2"))
                .allSatisfy(sql -> assertThatThrownBy(() -> operations.replayChanged(export, Set.of(), sql))
                        .isInstanceOf(ConnectorException.class)
                        .hasMessageStartingWith("SQL: "));

        assertThat(server.requests()).hasSize(before);
        assertThat(letters()).hasSize(REFUSED.size());
    }

    @Test
    void aReplacedObjectIsNotTakenForTheOneThatWasRead() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=00/a.parquet", 5000, 200);

        Replay.Result result = operations.replayChanged(export, Set.of(), "SELECT n FROM events");

        List<Long> left = REFUSED.stream().filter(n -> n < 100).toList();
        assertThat(result.failed()).isEqualTo(left.size());
        assertThat(result.message()).contains("changed or removed");
        assertThat(numbers(letters())).containsExactlyInAnyOrderElementsOf(left);
        assertThat(server.records()).noneMatch(record -> record.contains("50"));
    }

    @Test
    void aRecordThatWasTooLargeIsDeliveredOnceItIsSmaller() throws Exception {
        lake = ParquetLake.in(folder.resolve("large"));
        lake.object(
                "year=2026/month=11/day=20/hour=00/a.parquet",
                "SELECT n, repeat('x', CASE WHEN n = 3 THEN 2000 ELSE 10 END) AS text FROM range(10) t(n)");
        run("SELECT * FROM events");
        // The others are of another lake, and the result has one message.
        Set<String> one = letters().stream()
                .filter(DeadLetter::isStandIn)
                .map(DeadLetter::id)
                .collect(Collectors.toSet());
        assertThat(one).hasSize(1);

        Replay.Result large = operations.replayChanged(export, one, "SELECT n, text || 'y' AS text FROM events");
        assertThat(large.message()).contains("only the size of its record");
        assertThat(letters()).filteredOn(DeadLetter::isStandIn).hasSize(1);

        operations.replayChanged(export, one, "SELECT n, left(text, 3) AS text FROM events");
        assertThat(server.records()).contains("{\"n\":3,\"text\":\"xxx\"}");
        assertThat(letters()).noneMatch(DeadLetter::isStandIn);
    }

    /** For a lake in a folder. */
    static RouteBuilder withoutCredentials() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:credentials")
                        .process(exchange -> exchange.getMessage().setBody(null));
            }
        };
    }

    /** Refuses the multiples of 7. */
    private void answer(Reply refusal) {
        server.replyWhen(
                request -> NUMBER.matcher(request.text())
                        .results()
                        .anyMatch(found -> Long.parseLong(found.group(1)) % 7 == 0),
                refusal);
    }

    private void run(String sql) throws Exception {
        Map<String, String> given = new HashMap<>(lake.settings(sql));
        given.putAll(Map.of(
                "destination.type", "webhook",
                "destination.webhook.url", server.url().toString(),
                "records.max-bytes", "1500",
                "delivery.max-rejected-ratio", "1",
                "delivery.max-retries", "0"));
        Settings settings = TestRun.settings(folder, given);
        assertThat(TestRun.batch(settings).succeeded()).isTrue();
        operations = Operations.ofStore(settings, () -> routes);
        export = operations.exports().get(0);
    }

    private DeadLetterTrial tried(Set<String> ids, String sql) {
        return operations.tryChanged(export, ids, sql, new Planner(operations.settings(), routes));
    }

    private List<DeadLetter> letters() {
        return operations
                .deadLetters()
                .lines(export.lane())
                .flatMap(line -> line.letter().stream())
                .toList();
    }

    private Map<Long, String> ids() {
        return letters().stream()
                .collect(Collectors.toMap(
                        letter -> ParquetLake.number(letter.json()), letter -> letter.recordId() + letter.id()));
    }

    private static List<Long> numbers(List<DeadLetter> letters) {
        return letters.stream()
                .flatMap(letter -> Stream.of(ParquetLake.number(letter.json())))
                .toList();
    }
}
