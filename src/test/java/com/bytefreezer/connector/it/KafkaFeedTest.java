package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.KafkaServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Topics of a real broker to the spool. */
@Tag("slow")
class KafkaFeedTest {
    private static final String PASSWORD = "a-long-password";

    @TempDir
    private static Path certificateFolder;

    private static Certificates certificates;
    private static KafkaServer kafka;

    @TempDir
    private Path folder;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private OneFeed bed;
    private String topic;

    @BeforeAll
    static void startKafka() throws Exception {
        certificates = new Certificates(certificateFolder);
        certificates.sign("broker", "ip:127.0.0.1");
        String pem =
                Files.readString(certificates.key("broker")) + Files.readString(certificates.certificate("broker"));
        kafka = KafkaServer.start(
                PASSWORD,
                Files.writeString(certificateFolder.resolve("both.pem"), pem),
                certificates.certificate("ca"));
    }

    @AfterAll
    static void stopKafka() {
        if (kafka != null) {
            kafka.close();
        }
    }

    @BeforeEach
    void prepare(TestInfo test) throws Exception {
        topic = test.getTestMethod().orElseThrow().getName();
        bed = new OneFeed(folder);
        log.start();
        ((Logger) LoggerFactory.getLogger("com.bytefreezer.connector.input.kafka")).addAppender(log);
    }

    @AfterEach
    void stopLog() {
        ((Logger) LoggerFactory.getLogger("com.bytefreezer.connector.input.kafka")).detachAppender(log);
    }

    private void feed(Map<String, String> more) throws Exception {
        bed.feed("kafka", Map.of("brokers", kafka.brokers(), "topic", topic), more);
    }

    @Test
    void whateverARecordIsItLeavesAnEventOrADeadLetter() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        feed(Map.of());
        var whole = new ProducerRecord<>(topic, 0, 1_700_000_000_000L, bytes("k1"), bytes("{\"a\":1}"));
        whole.headers().add("trace", bytes("x")).add("Trace", bytes("y")).add("odd", new byte[] {(byte) 0xff});
        send(List.of(
                whole,
                value("[{\"a\":2},{\"a\":3}]"),
                value("any text\nof two lines"),
                value(""),
                new ProducerRecord<>(topic, bytes("gone"), null),
                new ProducerRecord<>(topic, new byte[] {0, 1, (byte) 0xfe}),
                value("[]"),
                value("{\"a\":"),
                value("{\"a\":\"" + "x".repeat(2000) + "\"}")));
        bed.run(Map.of("feeds.max-line-bytes", "1000"), () -> {
            Await.until(
                    "all records",
                    () -> bed.spooled().size() == 6 && bed.deadLetters().size() == 4);
        });
        assertThat(bed.spooled().get(0).path("kafka")).hasToString("""
                {"topic":"%s","partition":0,"offset":0,"timestamp":"2023-11-14T22:13:20Z","key":"k1","headers":{"odd":"/w==","trace":"x,y"}}""".formatted(topic));
        assertThat(bed.spooled())
                .extracting(event -> event.path("a").asText("-") + " "
                        + event.path("message").asText("-") + " "
                        + event.path("kafka").path("key").asText("-") + " "
                        + event.path("kafka").path("offset"))
                .containsExactly(
                        "1 - k1 0", "2 - - 1", "3 - - 1", "- any text\nof two lines - 2", "-  - 3", "- - gone 4");
        assertThat(bed.deadLetters())
                .extracting(dead -> dead.path("reason").asText().replaceFirst("topic [^,]+, partition 0, ", ""))
                .containsExactly(
                        "the value is neither JSON nor text in UTF-8 (offset 5)",
                        "it has no events (offset 6)",
                        "it is no JSON: Unexpected end-of-input within/between Object entries (offset 7)",
                        "the event has 2,008 bytes; the limit is 1,000, and the rest is not kept (offset 8)");
    }

    @Test
    void whatIsOnDiskIsNotReadAgainWhateverTheGroupSays() throws Exception {
        kafka.createTopic(topic, 2, Map.of());
        feed(Map.of("group", topic));
        send(numbers(0, 100));
        bed.run(Map.of(), () -> {
            Await.until("all records", () -> bed.spooled().size() == 100);
        });
        Await.until("the group is empty, and has forgotten", () -> isForgotten(topic));
        send(numbers(100, 150));
        bed.run(Map.of(), () -> {
            Await.until("the new records", () -> bed.spooled().size() >= 150);
        });
        assertThat(bed.numbers())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 150).boxed().toList());
        assertThat(lines()).anyMatch(line -> line.contains("are 100 behind what is on disk"));
    }

    /** As after a kill before the commit. */
    private static boolean isForgotten(String group) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.brokers()))) {
            admin.alterConsumerGroupOffsets(
                            group,
                            Map.of(
                                    new TopicPartition(group, 0), new OffsetAndMetadata(0),
                                    new TopicPartition(group, 1), new OffsetAndMetadata(0)))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException memberIsStillThere) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aTopicThatIsMadeAnewIsReadFromItsStart() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        feed(Map.of());
        send(numbers(0, 10));
        bed.run(Map.of(), () -> {
            Await.until("all records", () -> bed.spooled().size() == 10);
        });
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.brokers()))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
        Await.until("the topic is gone", () -> isCreated(topic));
        send(numbers(10, 30));
        bed.run(Map.of(), () -> {
            Await.until("all records", () -> bed.spooled().size() == 30);
        });
        assertThat(bed.numbers())
                .containsExactlyElementsOf(IntStream.range(0, 30).boxed().toList());
    }

    /** The brokers refuse it as long as the former one is being removed. */
    private static boolean isCreated(String topic) {
        try {
            kafka.createTopic(topic, 1, Map.of());
            return true;
        } catch (IllegalStateException notYet) {
            return false;
        }
    }

    @Test
    void aFullSpoolPausesItUntilPacksHaveMadeRoom() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        feed(Map.of());
        String much = "x".repeat(5_000);
        send(IntStream.range(0, 2_000)
                .mapToObj(i -> value("{\"n\":%d,\"much\":\"%s\"}".formatted(i, much)))
                .toList());
        bed.run(Map.of("spool.max-bytes", "4000000"), () -> {
            Await.until("it pauses", () -> lines().stream().anyMatch(line -> line.contains("It has paused")));
            assertThat(bed.numbers()).isNotEmpty().hasSizeLessThan(2_000);
        });
        assertThat(bed.packAll()).isTrue();
        bed.run(Map.of("spool.max-bytes", "4000000", "pack.timeout-seconds", "1"), () -> {
            Await.until("all is in the lake", () -> bed.inLake("n").size() == 2_000);
        });
        assertThat(bed.inLake("n"))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 2_000).boxed().toList());
    }

    @Test
    void aMissingTopicIsToldAndReadOnceItIsThere() throws Exception {
        feed(Map.of());
        try (Feeds feeds = bed.start(Map.of())) {
            Await.until("a line", () -> lines().stream().anyMatch(line -> line.contains("no topic " + topic)));
            assertThat(feeds.open().get("data").trouble())
                    .hasValueSatisfying(why -> assertThat(why).contains("no topic " + topic));
            kafka.createTopic(topic, 1, Map.of());
            send(numbers(0, 10));
            Await.until("all records", () -> bed.spooled().size() == 10);
            assertThat(lines()).last().asString().contains("it reads again");
            assertThat(feeds.open().get("data").trouble()).isEmpty();
        }
    }

    @Test
    void aWrongPasswordIsToldAndTheRightOneReads() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        send(numbers(0, 10));
        Map<String, String> login = Map.of(
                "brokers",
                kafka.brokersWithLogin(),
                "security-protocol",
                "SASL_SSL",
                "sasl-mechanism",
                "SCRAM-SHA-512",
                "username",
                KafkaServer.USER,
                "password",
                "{{feeds.feed.password}}",
                "ca-file",
                certificates.certificate("ca").toString());
        feed(login);
        bed.run(Map.of("feeds.feed.password", "a-wrong-password"), () -> {
            Await.until("a line", () -> lines().stream().anyMatch(line -> line.contains("TLS or login failed")));
            assertThat(bed.spooled()).isEmpty();
        });
        bed.run(Map.of("feeds.feed.password", PASSWORD), () -> {
            Await.until("all records", () -> bed.spooled().size() == 10);
        });
    }

    @Test
    void aLoginThatCannotBeRightStopsTheStart() throws Exception {
        feed(Map.of("security-protocol", "SASL_SSL"));
        assertThatThrownBy(() -> bed.start(Map.of()))
                .hasMessageContaining("feed data: security-protocol is SASL_SSL, which needs username");
        feed(Map.of("brokers", "", "from", "yesterday"));
        assertThatThrownBy(() -> bed.start(Map.of()))
                .hasMessageContaining("brokers must be host:port")
                .hasMessageContaining("from must be one of start, end");
    }

    private List<String> lines() {
        return TestLog.events(log).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private ProducerRecord<byte[], byte[]> value(String value) {
        return new ProducerRecord<>(topic, bytes(value));
    }

    private List<ProducerRecord<byte[], byte[]>> numbers(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> value("{\"n\":%d}".formatted(i)))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static void send(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.brokers()), new ByteArraySerializer(), new ByteArraySerializer())) {
            var sent = new ArrayList<Future<?>>();
            for (var each : records) {
                sent.add(producer.send(each));
            }
            for (var each : sent) {
                each.get();
            }
        }
    }
}
