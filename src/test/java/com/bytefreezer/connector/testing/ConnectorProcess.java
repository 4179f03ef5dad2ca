package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.Main;
import com.bytefreezer.connector.kit.Program;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The packaged connector in a process of its own. */
public final class ConnectorProcess implements AutoCloseable {
    private static final Pattern LINK = Pattern.compile("Open (http://localhost:\\d+/\\S*)");

    /** So the log of a process tells that it has used what is to be in the archive. */
    private static final List<String> ARCHIVED = List.of(
            "accepted by webhook",
            "accepted by file",
            "no broker answers (Topic",
            "feed kafka: no broker",
            "feed nats: ",
            "feed sqs: ",
            "feed kinesis: Connect");

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private final Process process;
    private final Path standardOutput;
    private final Path standardError;

    private ConnectorProcess(Process process, Path standardOutput, Path standardError) {
        this.process = process;
        this.standardOutput = standardOutput;
        this.standardError = standardError;
    }

    /**
     * Starts the jar that {@code mvn package} made, as the launcher does. The process sees only the given environment, so
     * that a developer's own settings cannot leak in, and an empty standard input.
     *
     * @param javaOptions such as {@code -Xmx256m}
     */
    public static ConnectorProcess start(
            Path workingDirectory, Map<String, String> environment, List<String> javaOptions, String... arguments) {
        return start(workingDirectory, environment, javaOptions, List.of("-jar", jar().toString()), arguments);
    }

    /** The same with the tests' classes on the class path, after the jar's: others before it would make the archive void. */
    public static ConnectorProcess startWithTestClasses(
            Path workingDirectory, Map<String, String> environment, String... arguments) {
        var classPath = jar() + File.pathSeparator + jar().resolveSibling("test-classes");
        return start(
                workingDirectory, environment, List.of(), List.of("-cp", classPath, Main.class.getName()), arguments);
    }

    /** The packaged program for a certification, with the tests' classes. */
    public static Program packaged() {
        return new Program(Main.class, List.of(jar(), jar().resolveSibling("test-classes")), quickStart());
    }

    private static ConnectorProcess start(
            Path workingDirectory,
            Map<String, String> environment,
            List<String> javaOptions,
            List<String> program,
            String... arguments) {
        var command = new ArrayList<String>();
        command.add(JAVA);
        command.addAll(quickStart());
        command.addAll(javaOptions);
        command.addAll(program);
        command.addAll(List.of(arguments));
        return start(workingDirectory, environment, command);
    }

    private static Path jar() {
        var jar = TestTools.projectDirectory().resolve(Path.of("target", "bytefreezer-connector.jar"));
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is missing; run mvn package");
        }
        return jar;
    }

    /** Options of Java, as the launcher's, with which the jar starts quickly; any other program starts with them, too. */
    public static List<String> quickStart() {
        var options = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Where the archive was made, so that no address in it is to be changed: less to copy at each start.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:ArchiveRelocationMode=0",
                // Not on standard output, where a program cannot use the archive.
                "-Xlog:disable",
                "-Xlog:all=warning:stderr"));
        classes().ifPresent(archive -> options.add("-XX:SharedArchiveFile=" + archive));
        return options;
    }

    /**
     * The archive of the classes that tests' processes load; made once for each jar. While another of the tests' JVMs makes
     * it, processes start without it: the second processor would be idle.
     */
    private static synchronized Optional<Path> classes() {
        var jar = jar();
        var archive = jar.resolveSibling("classes.jsa");
        try {
            if (isOf(jar, archive)) {
                return Optional.of(archive);
            }
            try (var channel = FileChannel.open(
                            jar.resolveSibling("classes.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var lock = channel.tryLock()) {
                if (lock == null) {
                    return Optional.empty();
                }
                if (!isOf(jar, archive)) {
                    var folder = TestTools.temporaryDirectory("classes");
                    var made = folder.resolve("classes.jsa");
                    archiveInto(made, folder);
                    Files.move(made, archive, StandardCopyOption.REPLACE_EXISTING);
                    TestTools.deleteFolder(folder);
                }
                return Optional.of(archive);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOf(Path jar, Path archive) throws IOException {
        return Files.exists(archive)
                && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) >= 0;
    }

    /**
     * A watch that sends the sample to several destinations, answers a query, looks into a bucket and has feeds: what it
     * asks of servers, there are none for most, loads the classes of their clients.
     */
    private static void archiveInto(Path made, Path folder) throws IOException {
        var nobody = "127.0.0.1:1";
        var feeds = new FeedBed(folder);
        feeds.feed("tcp", Map.of("input", "tcp", "port", "0"));
        feeds.feed("nats", Map.of("input", "nats", "servers", "nats://" + nobody, "stream", "events"));
        feeds.feed("kafka", Map.of("input", "kafka", "brokers", nobody, "topic", "events"));
        for (var each : Map.of("sqs", "queue", "kinesis", "stream-name").entrySet()) {
            feeds.feed(
                    each.getKey(),
                    Map.of(
                            "input",
                            each.getKey(),
                            each.getValue(),
                            "events",
                            "endpoint",
                            "http://" + nobody,
                            "access-key",
                            "access-key",
                            "secret-key",
                            "secret-key"));
        }
        try (var sink = WebhookServer.start();
                var bucket = ScriptedServer.start()) {
            bucket.reply(Reply.of(200, "<ListBucketResult><Name>events</Name></ListBucketResult>")
                    .header("Content-Type", "application/xml"));
            var settings = Map.ofEntries(
                    Map.entry("server.port", "0"),
                    // With a lake of its own it may have feeds.
                    Map.entry("lake.root", "./samples/lake"),
                    Map.entry("query.tenant-id", "acme"),
                    Map.entry("query.dataset-id", "syslog"),
                    Map.entry("query.sql", "SELECT * FROM events WHERE message LIKE 'Failed password%'"),
                    Map.entry("destination.type", "webhook,file,kafka"),
                    Map.entry("destination.webhook.url", sink.url().toString()),
                    Map.entry("destination.file.folder", folder.resolve("files").toString()),
                    Map.entry("destination.kafka.brokers", nobody),
                    Map.entry("destination.kafka.topic", "events"),
                    Map.entry("destination.kafka.timeout-ms", "1000"),
                    Map.entry("delivery.max-retries", "0"),
                    Map.entry("s3source.bucket", "events"),
                    Map.entry("s3source.endpoint", bucket.url().toString()),
                    Map.entry("s3source.access-key", "access-key"),
                    Map.entry("s3source.secret-key", "secret-key"),
                    Map.entry("data.folder", folder.toString()),
                    Map.entry("cursor.file", folder.resolve("cursor.db").toString()));
            var command = new ArrayList<>(List.of(
                    JAVA,
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:ArchiveClassesAtExit=" + made,
                    "-jar",
                    jar().toString()));
            command.addAll(List.of(TestSettings.arguments(
                    settings, "--mode", "watch", "--routes", feeds.routes().toString())));
            try (var watch = start(TestTools.projectDirectory(), Map.of(), command)) {
                var page = URI.create(watch.link());
                var query = """
                        {"tenant_id":"acme","dataset_id":"syslog","sql":"SELECT * FROM events","limit":500,"newest_first":true}""";
                for (var request : List.of(
                        HttpRequest.newBuilder(page.resolve("/api/v1/exports")).build(),
                        HttpRequest.newBuilder(page.resolve("/api/v1/query"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(query))
                                .build())) {
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
                }
                Await.until("the end of the first runs, and a look at each feed", () -> {
                    var log = watch.standardError();
                    return !bucket.requests().isEmpty() && ARCHIVED.stream().allMatch(log::contains);
                });
                watch.terminate();
                watch.waitFor(Duration.ofMinutes(5));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Starts the connector by a command of its own, such as the launcher, otherwise in the same way. */
    static ConnectorProcess start(Path workingDirectory, Map<String, String> environment, List<String> command) {
        var outputs = TestTools.temporaryDirectory("process");
        var standardOutput = outputs.resolve("stdout");
        var standardError = outputs.resolve("stderr");
        var builder = new ProcessBuilder(command)
                .directory(workingDirectory.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(standardOutput.toFile())
                .redirectError(standardError.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return new ConnectorProcess(ChildProcesses.start(builder), standardOutput, standardError);
    }

    /** Waits for the end and returns the exit code; fails with what stands on standard error when time is up. */
    public int waitFor(Duration patience) {
        try {
            if (process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        throw new AssertionError("still running after %d s:%n%s".formatted(patience.toSeconds(), standardError()));
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** SIGTERM: an orderly stop; returns at once. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL; returns when the process is gone. */
    public void killHard() {
        ChildProcesses.kill(process);
    }

    /** Freezes the process, as a virtual machine that is moved. */
    public void pause() {
        ChildProcesses.signal(process, "STOP");
    }

    public void resume() {
        ChildProcesses.signal(process, "CONT");
    }

    /** The file with what the process printed; it grows while the process runs and is deleted by {@link #close}. */
    public Path standardOutput() {
        return standardOutput;
    }

    public String standardError() {
        try {
            // Its last character may be there in part.
            return new String(Files.readAllBytes(standardError), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the line that says where the page is, and returns its link. */
    public String link() {
        Await.until("the link of the page", () -> LINK.matcher(standardError()).find());
        return LINK.matcher(standardError()).results().findFirst().orElseThrow().group(1);
    }

    /** What it holds in memory now, in megabytes. */
    public long residentMegabytes() {
        try (var lines = Files.lines(Path.of("/proc", String.valueOf(pid()), "status"))) {
            var line = lines.filter(one -> one.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        killHard();
        TestTools.deleteFolder(standardOutput.getParent());
    }
}
