package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.destination.elasticsearch.Bulk;
import com.bytefreezer.connector.destination.elasticsearch.Cluster;
import com.bytefreezer.connector.destination.kafka.KafkaRecords;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.kit.SingleDelivery;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A record that cannot be read for its columns is rejected alone; others of its batch may be odd, too. */
@Timeout(300)
@Tag("slow")
class UnreadableRecordsTest {
    private static final String GOOD = "{\"k\":\"a\",\"at\":1795169472}";
    private static final List<String> READABLE = List.of(
            GOOD,
            "{\"j\":%s%s,\"k\":\"a\"}".formatted("[".repeat(50_000), "]".repeat(50_000)),
            "{\"j\":%s,\"k\":\"a\"}".formatted("7".repeat(50_000)),
            "{\"j\":{\"x\":1,\"x\":2},\"k\":\"a\",\"k\":\"b\"}",
            "{\"j\":\"\\ud800\\u0000\",\"k\":\"a\"}",
            "{\"j\":\"%s\",\"k\":\"a\"}".formatted("x".repeat(25_000_000)),
            "{\"%s\":1,\"k\":\"a\"}".formatted("x".repeat(100_000)));
    private static final List<String> UNREADABLE = List.of(
            "{\"j\":%s%s,\"k\":\"a\"}".formatted("[".repeat(200_000), "]".repeat(200_000)),
            "{\"j\":nothing,\"k\":\"a\"}",
            "{\"j\":[1,2,\"k\":\"a\"}",
            "{\"j\":\"");

    @TempDir
    private Path folder;

    private final Batch batch = SomeBatch.of(
            SomeBatch.unit("day=01/one.parquet"),
            0,
            Stream.of(UNREADABLE.subList(0, 2), READABLE, UNREADABLE.subList(2, 4))
                    .flatMap(List::stream)
                    .toArray(String[]::new));

    @Test
    void kafkaGetsTheOthersWithTheirKeys() {
        var records = new KafkaRecords();
        records.setKeyColumn("k");

        var messages = records.messages(batch, new DefaultCamelContext());

        assertThat(messages).hasSize(READABLE.size()).allSatisfy(message -> assertThat(
                        message.getIn().getHeader(KafkaConstants.KEY))
                .isEqualTo("a"));
        requireRejections();
    }

    @Test
    void elasticsearchGetsTheOthersWithTheirIds() throws Exception {
        var bulk = new Bulk(new Cluster());
        bulk.setIndex("logs");
        bulk.setIdColumn("k");

        assertThat(bulk.operations(batch)).hasSize(1);

        requireRejections();
        assertThat(batch.open().orElseThrow().recordCount()).isEqualTo(READABLE.size());
    }

    @Test
    void elasticsearchRefusesAnIdThatIsNoText() throws Exception {
        var half = SomeBatch.of(SomeBatch.unit("day=01/one.parquet"), 0, "{\"k\":\"\\ud800\"}", GOOD);
        var bulk = new Bulk(new Cluster());
        bulk.setIndex("logs");
        bulk.setIdColumn("k");

        assertThat(bulk.operations(half)).hasSize(1);

        assertThat(half.rejections())
                .singleElement()
                .extracting(Batch.Rejection::reason)
                .isEqualTo("no id: column k is not valid text");
    }

    @Test
    void routesGetTheOthersAsMaps() {
        assertThat(BatchConverters.toMaps(batch)).isNotEmpty().allMatch(record -> record.containsKey("k"));
        assertThat(batch.rejections()).hasSizeBetween(UNREADABLE.size(), UNREADABLE.size() + 2);
    }

    @Test
    void splunkGetsTheOthers() throws Exception {
        assertThat(splunk(batch, Map.of("host-column", "k", "time-column", "j")))
                .hasSize(READABLE.size())
                .allMatch(event -> event.contains("\"host\":\"a\","));
        requireRejections();
    }

    @Test
    void aTimeThatWouldTakeForEverToReadIsNone() throws Exception {
        var times = SomeBatch.of(
                SomeBatch.unit("day=01/one.parquet"),
                0,
                "{\"t\":1e999999999}",
                "{\"t\":1e-999999999}",
                "{\"t\":-1e2147483647}",
                "{\"t\":%s}".formatted("9".repeat(1_000_000)),
                "{\"t\":1795169472}");

        assertThat(splunk(times, Map.of("time-column", "t")).filter(event -> event.contains("\"time\":")))
                .containsExactly("{\"time\":1795169472.000,\"event\":{\"t\":1795169472}}");
        assertThat(times.rejections()).isEmpty();
    }

    /** The events of the request that a batch becomes. */
    private Stream<String> splunk(Batch given, Map<String, String> columns) throws Exception {
        try (var server = ScriptedServer.start()) {
            server.reply(Reply.of(200, "{\"text\":\"Success\",\"code\":0}"));
            var all = new HashMap<>(Map.of(
                    "destination.type", "splunk",
                    "destination.splunk.url", server.url().toString(),
                    "destination.splunk.token", "a-token"));
            columns.forEach((name, column) -> all.put("destination.splunk." + name, column));
            var settings = TestRun.settings(folder, all);

            assertThat(new SingleDelivery(
                                    settings, settings.routes().deliveryFiles("splunk"), folder, Duration.ofSeconds(30))
                            .deliver(given, new StandardOutput(OutputStream.nullOutputStream())))
                    .isEmpty();
            return server.requests().stream().flatMap(request -> request.text().lines());
        }
    }

    private void requireRejections() {
        assertThat(batch.rejections())
                .extracting(Batch.Rejection::reason)
                .hasSize(UNREADABLE.size())
                .allMatch(reason -> reason.startsWith("its columns cannot be read: ")
                        && reason.lines().count() == 1);
    }
}
