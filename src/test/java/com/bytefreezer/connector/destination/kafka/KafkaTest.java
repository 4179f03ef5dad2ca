package com.bytefreezer.connector.destination.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.delivery.SampleExport;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Tag("slow")
class KafkaTest {
    /** With what JAAS would take for its own. */
    private static final String PASSWORD = SampleExport.PASSWORD + "\\\"; x";

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path certificateFolder;

    private static Certificates certificates;
    private static KafkaServer kafka;

    @TempDir
    private Path folder;

    private String topic;

    @BeforeAll
    static void startKafka() throws Exception {
        certificates = new Certificates(certificateFolder);
        certificates.sign("broker", "ip:127.0.0.1");
        var pem = Files.readString(certificates.key("broker")) + Files.readString(certificates.certificate("broker"));
        kafka = KafkaServer.start(
                PASSWORD,
                Files.writeString(certificateFolder.resolve("broker-both.pem"), pem),
                certificates.certificate("ca"));
    }

    @AfterAll
    static void stopKafka() {
        if (kafka != null) {
            kafka.close();
        }
    }

    @BeforeEach
    void nameTopic(TestInfo test) {
        topic = test.getTestMethod().orElseThrow().getName() + "-"
                + test.getDisplayName().replaceAll("\\W+", "");
    }

    private SampleExport export() {
        return new SampleExport(
                        folder,
                        Path.of("routes"),
                        Map.of(
                                "destination.type",
                                "kafka",
                                "destination.kafka.brokers",
                                kafka.brokers(),
                                "destination.kafka.topic",
                                topic))
                .with("destination.kafka.timeout-ms", 10_000);
    }

    private SampleExport exportWithLogin() throws Exception {
        return export().with("destination.kafka.brokers", kafka.brokersWithLogin())
                .with("destination.kafka.security-protocol", "SASL_SSL")
                .with("destination.kafka.username", KafkaServer.USER)
                .with("destination.kafka.password", PASSWORD)
                .with("destination.kafka.ca-file", certificates.certificate("ca"));
    }

    // -- What is sent

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void everyRecordIsAMessageWithTheBytesOfStandardOutput(String compression) throws Exception {
        kafka.createTopic(topic, 3, Map.of());

        var run = export().with("destination.kafka.compression", compression)
                .with("destination.kafka.timeout-ms", 30_000)
                .run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        var messages = kafka.messages(topic);
        assertThat(messages).hasSize(SampleExport.RECORDS).allSatisfy(message -> {
            assertThat(message.key()).isNull();
            assertThat(JSON.readTree(message.value()).isObject()).isTrue();
            assertThat(header(message, "tenant")).isEqualTo("acme");
            assertThat(header(message, "dataset")).isEqualTo("syslog");
        });
        assertThat(messages).extracting(message -> header(message, "record-id")).doesNotHaveDuplicates();
        assertThat(messages.stream().map(message -> new String(message.value(), UTF_8)))
                .doesNotHaveDuplicates();
        assertThat(messages.stream()
                        .flatMap(message -> Stream.of(message.headers().toArray()))
                        .map(org.apache.kafka.common.header.Header::key)
                        .collect(toSet()))
                .containsExactlyInAnyOrder("tenant", "dataset", "record-id");
    }

    @Test
    void messagesAreAnsweredWhenTheThreadOfTheClientEnds() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        Properties properties = new Properties();
        properties.put("bootstrap.servers", kafka.brokers());
        properties.put("client.id", "answering");
        properties.put("linger.ms", "60000");
        properties.put("delivery.timeout.ms", "120000");
        properties.put("security.protocol", "PLAINTEXT");
        properties.put("key.serializer", ByteArraySerializer.class.getName());
        properties.put("value.serializer", ByteArraySerializer.class.getName());
        @SuppressWarnings("unchecked")
        Producer<byte[], byte[]> producer =
                (Producer<byte[], byte[]>) AnsweringProducer.of(() -> new KafkaProducer<byte[], byte[]>(properties));
        Thread thread = Thread.getAllStackTraces().keySet().stream()
                .filter(one -> one.getName().equals(KafkaProducer.NETWORK_THREAD_PREFIX + " | answering"))
                .findFirst()
                .orElseThrow();
        CompletableFuture<Exception> answer = new CompletableFuture<>();
        producer.send(
                new ProducerRecord<>(topic, "one".getBytes(StandardCharsets.UTF_8)),
                (sent, failure) -> answer.complete(failure));

        thread.getUncaughtExceptionHandler().uncaughtException(thread, new StackOverflowError());

        assertThat(answer.get(1, TimeUnit.MINUTES)).hasMessageStartingWith("StackOverflowError in Kafka's client");
        CompletableFuture<Exception> next = new CompletableFuture<>();
        producer.send(
                new ProducerRecord<>(topic, "two".getBytes(StandardCharsets.UTF_8)),
                (sent, failure) -> next.complete(failure));
        producer.flush();
        assertThat(next.get(1, TimeUnit.MINUTES)).isNull();
        producer.close();
    }

    @Test
    void theTopicMayNameTheDataset() throws Exception {
        kafka.createTopic(topic + ".acme.syslog", 1, Map.of());

        var run = export().with("destination.kafka.topic", topic + ".{tenant}.{dataset}")
                .run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(kafka.messages(topic + ".acme.syslog")).hasSize(SampleExport.RECORDS);
    }

    @Test
    void aRepeatCarriesTheSameRecordIds() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        export().run();
        export().in(folder.resolve("forgotten")).with("schedule.batch-size", 7).run();

        var byId = kafka.messages(topic).stream()
                .collect(groupingBy(
                        message -> header(message, "record-id"),
                        mapping(message -> new String(message.value(), UTF_8), toSet())));

        assertThat(kafka.messages(topic)).hasSize(2 * SampleExport.RECORDS);
        assertThat(byId).hasSize(SampleExport.RECORDS);
        assertThat(byId.values()).allMatch(values -> values.size() == 1);
    }

    @Test
    void messagesWithTheSameKeyAreInTheSamePartition() throws Exception {
        kafka.createTopic(topic, 5, Map.of());

        var run = export().with("destination.kafka.key-column", "hostname").run();

        assertThat(run.succeeded()).isTrue();
        var messages = kafka.messages(topic);
        assertThat(messages).hasSize(SampleExport.RECORDS).allSatisfy(message -> assertThat(message.key())
                .isEqualTo(JSON.readTree(message.value()).path("hostname").textValue()));
        var partitions =
                messages.stream().collect(groupingBy(ConsumerRecord::key, mapping(ConsumerRecord::partition, toSet())));
        assertThat(partitions).hasSizeGreaterThan(3);
        assertThat(partitions.values()).allMatch(some -> some.size() == 1);
        assertThat(messages.stream().map(ConsumerRecord::partition).collect(toSet()))
                .hasSizeGreaterThan(1);
    }

    @Test
    void aKeyIsTheTextOfASingleValue() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        var lake = ParquetLake.in(folder.resolve("lake"));
        lake.object(
                "year=2026/month=11/day=20/hour=01/a.parquet",
                "SELECT * FROM (VALUES ({'key': 'inner'}, 17, 'a'), ({'key': 'inner'}, NULL, 'b')) t(s, key, name)");

        var settings = new TreeMap<>(lake.settings("SELECT * FROM events"));
        settings.putAll(export().with("destination.kafka.key-column", "key").settings());
        assertThat(TestRun.batch(TestRun.settings(folder, settings)).succeeded())
                .isTrue();

        assertThat(kafka.messages(topic)).extracting(ConsumerRecord::key).containsExactly("17", null);
    }

    // -- What is refused

    @Test
    void aTooLargeRecordIsKeptAsideTheOthersAreThereOnce() throws Exception {
        // One is too large for the client, the other for the topic.
        kafka.createTopic(topic, 1, Map.of("max.message.bytes", "20000"));
        var lake = lakeWithSizes(100, 100, 60_000, 100, 40_000, 100);
        var settings = new TreeMap<>(lake.settings("SELECT n, text FROM events"));
        settings.putAll(export().with("destination.kafka.max-request-bytes", 50_000)
                .with("destination.kafka.compression", "none")
                .settings());

        var run = TestRun.batch(TestRun.settings(folder, settings));

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(kafka.messages(topic))
                .extracting(message -> JSON.readTree(message.value()).path("n").asInt())
                .containsExactlyInAnyOrder(0, 1, 3, 5);
        assertThat(deadLetters())
                .hasSize(2)
                .anySatisfy(letter -> assertThat(letter)
                        .contains(
                                "\"record_number\":2", "60", "max.request.size configuration", "\"record\":{\"n\":2,"))
                .anySatisfy(letter -> assertThat(letter).contains("\"record_number\":4", "\"record\":{\"n\":4,"));
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("6 records selected, 4 accepted by kafka"));
    }

    @Test
    void recordsThatTheBrokerFindsInvalidAreKeptAside() throws Exception {
        kafka.createTopic(topic, 1, Map.of("cleanup.policy", "compact"));

        var run = export().run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(kafka.messages(topic)).isEmpty();
        assertThat(deadLetters()).hasSize(SampleExport.RECORDS).allMatch(line -> line.contains("key"));
    }

    @Test
    void aTopicThatIsNotThereFailsAtOnceAndIsNamed() throws Exception {
        var run = export().run();

        failedAtOnce(run, "there is no such topic", "destination.kafka.topic");

        kafka.createTopic(topic, 1, Map.of());
        assertThat(export().run().succeeded()).isTrue();
        assertThat(kafka.messages(topic)).hasSize(SampleExport.RECORDS);
    }

    // -- Login and TLS

    @Test
    void aLoginOverTlsIsAccepted() throws Exception {
        kafka.createTopic(topic, 1, Map.of());

        var run = exportWithLogin().run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(kafka.messages(topic)).hasSize(SampleExport.RECORDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM-SHA-256", "SCRAM-SHA-512"})
    void aLoginByScramIsAccepted(String mechanism) throws Exception {
        kafka.createTopic(topic, 1, Map.of());

        var run = exportWithLogin()
                .with("destination.kafka.sasl-mechanism", mechanism)
                .run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(kafka.messages(topic)).hasSize(SampleExport.RECORDS);
    }

    @Test
    void aClientCertificateIsALogin() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        certificates.sign("exporter", "dns:exporter");
        var withCertificate = export().with("destination.kafka.brokers", kafka.brokersWithCertificate())
                .with("destination.kafka.security-protocol", "SSL")
                .with("destination.kafka.ca-file", certificates.certificate("ca"))
                .with("destination.kafka.certificate-file", certificates.certificate("exporter"))
                .with("destination.kafka.key-file", certificates.key("exporter"));
        // The certificate's name is the user's.
        kafka.reserve(topic, "CN=exporter");

        var without = withCertificate
                .with("destination.kafka.certificate-file", "")
                .with("destination.kafka.key-file", "")
                .run();

        failedAtOnce(without, "certificates");
        assertThat(kafka.messages(topic)).isEmpty();

        var run = withCertificate.run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(kafka.messages(topic)).hasSize(SampleExport.RECORDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "SCRAM-SHA-512"})
    void aWrongPasswordFailsAtOnce(String mechanism) throws Exception {
        kafka.createTopic(topic, 1, Map.of());

        var run = exportWithLogin()
                .with("destination.kafka.sasl-mechanism", mechanism)
                .with("destination.kafka.password", "wrong")
                .run();

        failedAtOnce(run, "Authentication failed", "destination.kafka.username");
        assertThat(kafka.messages(topic)).isEmpty();
        assertThat(exportWithLogin().run().succeeded()).isTrue();
    }

    @Test
    void aBrokerWhoseAuthorityIsUnknownFailsAtOnce() throws Exception {
        kafka.createTopic(topic, 1, Map.of());

        var run = exportWithLogin().with("destination.kafka.ca-file", "").run();

        failedAtOnce(run, "PKIX", "certificates");
    }

    @Test
    void aTopicOfOthersFailsAtOnce() throws Exception {
        kafka.createTopic(topic, 1, Map.of());
        kafka.reserve(topic, "somebody");

        var run = exportWithLogin().run();

        failedAtOnce(run, "Not authorized to access topics", "Let the user write");
        assertThat(kafka.messages(topic)).isEmpty();
    }

    // -- A broker that goes away

    @Test
    void aBrokerThatIsNotThereIsTriedAgain() throws Exception {
        var run = export().with("destination.kafka.brokers", "127.0.0.1:" + TestTools.freePort())
                .with("destination.kafka.timeout-ms", 300)
                .asOneBatch()
                .run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("DEBUG")).hasSize(3).allMatch(line -> line.contains("400 of 400 records not taken"));
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("kafka", "no broker answers", "cursor stays before it");
    }

    @Test
    void aBrokerKilledMidwayGetsEveryRecordWhenItIsBack() throws Exception {
        kafka.createTopic(topic, 2, Map.of());
        var lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 100_000);
        var settings = new TreeMap<>(lake.settings("SELECT n, hostname, message FROM events"));
        settings.putAll(export().with("destination.kafka.timeout-ms", 2000).settings());
        settings.put("schedule.batch-size", "500");
        // Slow enough that the broker is never killed too late.
        settings.put("delivery.max-records-per-second", "10000");
        settings.put("delivery.max-retries", "-1");
        settings.put("delivery.max-retry-delay-ms", "500");

        var running = CompletableFuture.supplyAsync(() -> {
            try {
                return TestRun.batch(TestRun.settings(folder, settings));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Await.until("some messages", () -> kafka.messageCount(topic) > 1000);
        assertThat(running).isNotDone();
        var warnings = new ListAppender<ILoggingEvent>();
        warnings.start();
        var log = (Logger) LoggerFactory.getLogger(Retries.class);
        log.addAppender(warnings);
        kafka.kill();
        Await.until("the client gives up", () -> !warnings.list.isEmpty());
        log.detachAppender(warnings);
        kafka.restart();
        var run = running.join();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        var seen = new HashSet<Long>();
        var messages = kafka.messages(topic);
        messages.forEach(message -> seen.add(ParquetLake.number(message.value())));
        assertThat(seen).hasSize(100_000);
        System.err.printf("broker killed: %d messages repeated%n", messages.size() - seen.size());
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("100,000 accepted by kafka"));
        Set<String> ids =
                messages.stream().map(message -> header(message, "record-id")).collect(toSet());
        assertThat(ids).hasSize(100_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a login for nothing", "no login"})
    void aLoginThatDoesNotFitTheProtocolStopsTheStart(String what) {
        var export = what.equals("no login")
                ? export().with("destination.kafka.security-protocol", "SASL_PLAINTEXT")
                : export().with("destination.kafka.username", "me");

        assertThat(org.assertj.core.api.Assertions.catchThrowable(export::run))
                .rootCause()
                .hasMessageContaining("destination.kafka.username")
                .hasMessageContaining("Not started");
    }

    // -- Helpers

    private void failedAtOnce(TestRun run, String... words) throws IOException {
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("kafka", "cursor stays before it")
                .contains(words);
        assertThat(deadLetters()).isEmpty();
    }

    private ParquetLake lakeWithSizes(int... sizes) {
        var lake = ParquetLake.in(folder.resolve("lake"));
        var rows = new java.util.ArrayList<String>();
        for (var n = 0; n < sizes.length; n++) {
            rows.add("SELECT %d AS n, repeat('x', %d) AS text".formatted(n, sizes[n]));
        }
        lake.object("year=2026/month=11/day=20/hour=01/a.parquet", String.join(" UNION ALL ", rows));
        return lake;
    }

    private static String header(ConsumerRecord<?, ?> message, String name) {
        return new String(message.headers().lastHeader(name).value(), UTF_8);
    }

    private List<String> deadLetters() throws IOException {
        return SampleExport.deadLettersIn(folder);
    }
}
