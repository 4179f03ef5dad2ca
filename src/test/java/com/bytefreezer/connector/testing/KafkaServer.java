package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
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
 * for everyone and one with TLS and a login.
 */
public final class KafkaServer implements AutoCloseable {
    public static final String USER = "exporter";

    private final Path classPath;
    private final Path directory;
    private final int port = TestTools.freePort();
    private final int loginPort = TestTools.freePort();
    private Process process;

    private KafkaServer(Path classPath, String password, Path certificateAndKey) {
        this.classPath = classPath;
        directory = TestTools.temporaryDirectory("kafka");
        var controller = "127.0.0.1:" + TestTools.freePort();
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
                "OPEN://%s,LOGIN://%s,CONTROLLER://%s".formatted(brokers(), brokersWithLogin(), controller),
                "listener.security.protocol.map",
                "OPEN:PLAINTEXT,LOGIN:SASL_SSL,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name",
                "OPEN",
                "log.dirs",
                directory.resolve("data").toString(),
                "auto.create.topics.enable",
                "false"));
        properties.putAll(Map.of(
                "sasl.enabled.mechanisms",
                "PLAIN",
                "listener.name.login.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=\"%s\";"
                        .formatted(USER, password.replace("\\", "\\\\").replace("\"", "\\\"")),
                "listener.name.login.ssl.keystore.type",
                "PEM",
                "listener.name.login.ssl.keystore.location",
                certificateAndKey.toString(),
                "authorizer.class.name",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users",
                "User:ANONYMOUS",
                "allow.everyone.if.no.acl.found",
                "true"));
        try (var out = Files.newOutputStream(directory.resolve("server.properties"))) {
            properties.store(out, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c")
                .onExit()
                .join();
        process = startProcess();
    }

    /**
     * Starts a broker.
     *
     * @param password of {@link #USER}
     * @param certificateAndKey PEM file
     */
    public static KafkaServer start(String password, Path certificateAndKey) {
        return new KafkaServer(TestTools.kafka(), password, certificateAndKey);
    }

    private Process startProcess() {
        var started = run("kafka.Kafka");
        Await.until("Kafka is ready", () -> {
            if (!started.isAlive()) {
                throw new IllegalStateException("Kafka ended with " + started.exitValue() + "; see " + directory);
            }
            return isReady();
        });
        return started;
    }

    private boolean isReady() {
        try {
            new Socket("127.0.0.1", port).close();
            return ask(admin -> admin.describeCluster().nodes().get().size() == 1);
        } catch (IOException | IllegalStateException notYet) {
            return false;
        }
    }

    private Process run(String program, String... options) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath.resolve("*").toString(),
                program));
        command.addAll(List.of(options));
        command.add(directory.resolve("server.properties").toString());
        return ChildProcesses.start(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("kafka.log").toFile())));
    }

    /** For everyone. */
    public String brokers() {
        return "127.0.0.1:" + port;
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

    /** Ends the broker at once. */
    public void kill() {
        ChildProcesses.kill(process);
    }

    /** Starts a killed broker again, with what it had. */
    public void restart() {
        process = startProcess();
    }

    private interface Question<T> {
        T to(Admin admin) throws ExecutionException, InterruptedException;
    }

    private <T> T ask(Question<T> question) {
        try (var admin = Admin.create(Map.of("bootstrap.servers", brokers(), "request.timeout.ms", "5000"))) {
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
