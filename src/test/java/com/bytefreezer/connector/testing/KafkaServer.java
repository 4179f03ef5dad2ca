package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A Kafka broker as a process that can be killed under its clients. It creates no topic by itself, and has a listener
 * for everyone and one behind a proxy, and where it is told so, with TLS, one for a login and one for certificates.
 */
public final class KafkaServer implements AutoCloseable {
    public static final String USER = "exporter";

    private static final String SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;";

    private final Path classPath;
    private final Path directory;
    private final int port = TestTools.freePort();
    private final int behindProxyPort = TestTools.freePort();
    private final int proxyPort = TestTools.freePort();
    private final int loginPort = TestTools.freePort();
    private final int certificatePort = TestTools.freePort();
    private Process process;
    private Admin admin;

    private KafkaServer(Path classPath, Map<String, String> security) {
        this.classPath = classPath;
        directory = TestTools.temporaryDirectory("kafka");
        var controller = "127.0.0.1:" + TestTools.freePort();
        var listeners = "OPEN://%s,PROXIED://%s".formatted(brokers(), brokersBehindProxy())
                + (security.isEmpty()
                        ? ""
                        : ",LOGIN://%s,CERTIFICATE://%s".formatted(brokersWithLogin(), brokersWithCertificate()));
        var properties = new Properties();
        properties.putAll(Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                "1",
                "controller.quorum.voters",
                "1@" + controller,
                "controller.listener.names",
                "CONTROLLER",
                "listeners",
                listeners + ",CONTROLLER://" + controller,
                "advertised.listeners",
                listeners.replace(brokersBehindProxy(), "127.0.0.1:" + proxyPort),
                "listener.security.protocol.map",
                "OPEN:PLAINTEXT,PROXIED:PLAINTEXT,LOGIN:SASL_SSL,CERTIFICATE:SSL,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name",
                "OPEN",
                "log.dirs",
                directory.resolve("data").toString(),
                "auto.create.topics.enable",
                "false"));
        // So that a consumer in a group has its records at once, on a single broker.
        properties.putAll(Map.of("offsets.topic.replication.factor", "1", "group.initial.rebalance.delay.ms", "0"));
        properties.putAll(security);
        try (var out = Files.newOutputStream(directory.resolve("server.properties"))) {
            properties.store(out, null);
            // All that Kafka's own tool for it, another process, would write.
            Files.writeString(
                    Files.createDirectory(directory.resolve("data")).resolve("meta.properties"),
                    "version=1\nnode.id=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        process = startProcess();
    }

    /** Starts a broker that everyone may use. */
    public static KafkaServer start() {
        return new KafkaServer(TestTools.kafka(), Map.of());
    }

    /**
     * Starts a broker that also has a listener with a login and one for clients with a certificate.
     *
     * @param password of {@link #USER}
     * @param certificateAndKey PEM file
     * @param authority PEM file of the authority of the clients' certificates
     */
    public static KafkaServer start(String password, Path certificateAndKey, Path authority) {
        var server = new KafkaServer(
                TestTools.kafka(),
                Map.ofEntries(
                        Map.entry("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"),
                        Map.entry(
                                "listener.name.login.plain.sasl.jaas.config",
                                "org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=\"%s\";"
                                        .formatted(
                                                USER,
                                                password.replace("\\", "\\\\").replace("\"", "\\\""))),
                        Map.entry("listener.name.login.scram-sha-256.sasl.jaas.config", SCRAM),
                        Map.entry("listener.name.login.scram-sha-512.sasl.jaas.config", SCRAM),
                        Map.entry("listener.name.login.ssl.keystore.type", "PEM"),
                        Map.entry("listener.name.login.ssl.keystore.location", certificateAndKey.toString()),
                        Map.entry("listener.name.certificate.ssl.keystore.type", "PEM"),
                        Map.entry("listener.name.certificate.ssl.keystore.location", certificateAndKey.toString()),
                        Map.entry("listener.name.certificate.ssl.truststore.type", "PEM"),
                        Map.entry("listener.name.certificate.ssl.truststore.location", authority.toString()),
                        Map.entry("listener.name.certificate.ssl.client.auth", "required"),
                        Map.entry("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
                        Map.entry("super.users", "User:ANONYMOUS"),
                        Map.entry("allow.everyone.if.no.acl.found", "true")));
        // Not in one request, which Kafka refuses.
        for (var mechanism : List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)) {
            server.ask(admin -> admin.alterUserScramCredentials(List.of(
                            new UserScramCredentialUpsertion(USER, new ScramCredentialInfo(mechanism, 4096), password)))
                    .all()
                    .get());
        }
        return server;
    }

    private Process startProcess() {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
        command.addAll(TestTools.quickStart(classPath));
        command.addAll(List.of(
                "-cp",
                classPath.resolve("*").toString(),
                "kafka.Kafka",
                directory.resolve("server.properties").toString()));
        return ChildProcesses.startServer(
                "Kafka",
                new ProcessBuilder(command)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                directory.resolve("kafka.log").toFile())),
                this::isReady);
    }

    private boolean isReady() {
        try {
            new Socket("127.0.0.1", port).close();
            return ask(admin -> admin.describeCluster().nodes().get().size() == 1);
        } catch (IOException | IllegalStateException notYet) {
            return false;
        }
    }

    /** For everyone. */
    public String brokers() {
        return "127.0.0.1:" + port;
    }

    /** For a proxy, which clients must find on {@link #proxyPort}: the broker sends them there. */
    public String brokersBehindProxy() {
        return "127.0.0.1:" + behindProxyPort;
    }

    public int proxyPort() {
        return proxyPort;
    }

    /** For clients with a certificate, with {@code SSL}. */
    public String brokersWithCertificate() {
        return "127.0.0.1:" + certificatePort;
    }

    /** For {@link #USER}, with {@code SASL_SSL}. */
    public String brokersWithLogin() {
        return "127.0.0.1:" + loginPort;
    }

    public void createTopic(String topic, int partitions, Map<String, String> configuration) {
        ask(admin -> admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configuration)))
                .all()
                .get());
    }

    /** From now on nobody else may do anything with the topic. */
    public void reserve(String topic, String user) {
        ask(admin -> admin.createAcls(List.of(new AclBinding(
                        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                        new AccessControlEntry("User:" + user, "*", AclOperation.ALL, AclPermissionType.ALLOW))))
                .all()
                .get());
    }

    /** Everything that is in the topic now, by partition and in order. */
    public List<ConsumerRecord<String, byte[]>> messages(String topic) {
        var partitions = IntStream.range(0, ask(admin -> admin.describeTopics(List.of(topic))
                        .allTopicNames()
                        .get()
                        .get(topic)
                        .partitions()
                        .size()))
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", brokers()), new StringDeserializer(), new ByteArrayDeserializer())) {
            var ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var messages = new ArrayList<ConsumerRecord<String, byte[]>>();
            Await.until("all messages of " + topic, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(messages::add);
                return partitions.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition));
            });
            return messages;
        }
    }

    /** How many messages the topic has. */
    public long messageCount(String topic) {
        return ask(admin -> {
            var latest = new HashMap<TopicPartition, OffsetSpec>();
            var description =
                    admin.describeTopics(List.of(topic)).allTopicNames().get();
            description
                    .get(topic)
                    .partitions()
                    .forEach(partition ->
                            latest.put(new TopicPartition(topic, partition.partition()), OffsetSpec.latest()));
            return admin.listOffsets(latest).all().get().values().stream()
                    .mapToLong(ListOffsetsResultInfo::offset)
                    .sum();
        });
    }

    /** Ends the broker at once. */
    public synchronized void kill() {
        if (admin != null) {
            admin.close(Duration.ZERO);
            admin = null;
        }
        ChildProcesses.kill(process);
    }

    /** Starts a killed broker again, with what it had. */
    public void restart() {
        process = startProcess();
    }

    private interface Question<T> {
        T to(Admin admin) throws ExecutionException, InterruptedException;
    }

    private synchronized <T> T ask(Question<T> question) {
        if (admin == null) {
            admin = Admin.create(Map.of("bootstrap.servers", brokers(), "request.timeout.ms", "5000"));
        }
        try {
            return question.to(admin);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill();
        TestTools.deleteFolder(directory);
    }
}
