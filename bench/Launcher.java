import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Starts connectors as the image does, each in a separate process, and measures them. */
final class Launcher {
    /** Those of src/main/docker/bytefreezer-connector. */
    private static final String LAUNCHER_FLAGS = "-Xmx256m -Xms96m -Xmn64m -XX:SurvivorRatio=2 -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

    private static final Map<String, String> LAUNCHER_ENVIRONMENT = Map.of(
            "MALLOC_ARENA_MAX", "2", "DUCKDB_JE_MALLOC_CONF", "dirty_decay_ms:2000,muzzy_decay_ms:0");

    final List<String> javaFlags =
            List.of(System.getenv().getOrDefault("JAVA_FLAGS", LAUNCHER_FLAGS).split(" "));

    /** A whole export in a separate process. Fails unless the log says that every record was accepted. */
    Bench.Measured export(Path jar, Bench.Dataset dataset, Map<String, String> itsSettings)
            throws IOException, InterruptedException {
        return export(jar, dataset, itsSettings, javaFlags, Map.of());
    }

    /** As above, with options of the virtual machine and environment variables. */
    Bench.Measured export(
            Path jar,
            Bench.Dataset dataset,
            Map<String, String> itsSettings,
            List<String> itsFlags,
            Map<String, String> environment)
            throws IOException, InterruptedException {
        Map<String, String> all = new LinkedHashMap<>(itsSettings);
        all.put("query.tenant-id", Bench.TENANT);
        all.put("query.dataset-id", dataset.name());
        all.putIfAbsent("query.sql", "SELECT * FROM events");
        Path log = Bench.WORK.resolve("connector.log");
        ProcessBuilder builder = start(jar, withArchive(itsFlags, jar), all)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile());
        builder.environment().putAll(environment);
        long before = System.nanoTime();
        Process process = builder.start();
        Processes.Watched watched = Processes.watch(process);
        double wallSeconds = Processes.secondsSince(before);
        String said = Files.readString(log);
        Matcher summary = Pattern.compile(
                        "([\\d,]+) objects, [\\d,]+ records selected, ([\\d,]+) accepted by .* in ([\\d.]+) s")
                .matcher(said);
        if (process.exitValue() != 0
                || !summary.find()
                || Processes.number(summary.group(1)) != dataset.objects()
                || Processes.number(summary.group(2)) != dataset.records()) {
            throw new IllegalStateException("the connector ended with %d:%n%s".formatted(process.exitValue(), said));
        }
        return new Bench.Measured(Double.parseDouble(summary.group(3)), wallSeconds, watched.cpuSeconds(), watched.peakBytes());
    }

    /** Options for an archive of classes like that of the image. */
    List<String> withArchive(List<String> flags, Path jar) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(flags);
        all.add(archive(jar));
        return all;
    }

    String archive(Path jar) throws IOException, InterruptedException {
        Path archive = Bench.WORK.resolve(Integer.toHexString(jar.getParent().hashCode()) + ".jsa");
        if (!Files.exists(archive)
                || Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) < 0) {
            Files.deleteIfExists(archive);
            train(jar, archive);
        }
        return "-XX:SharedArchiveFile=" + archive;
    }

    /** As the Dockerfile does: a watch exports the sample, serves and answers a query. */
    private static void train(Path jar, Path archive) throws IOException, InterruptedException {
        int port = TestTools.freePort();
        Path cursor = Bench.WORK.resolve("training.db");
        List<String> flags =
                List.of("-XX:ArchiveClassesAtExit=" + archive, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        Process process = process(
                        flags,
                        jar,
                        List.of("--mode", "watch"),
                        Map.of("server.port", String.valueOf(port), "cursor.file", cursor.toString()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(Bench.WORK.resolve("connector.log").toFile())
                .start();
        while (process.isAlive() && ConnectorAnswers.readiness(port) != 200) {
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
        HttpRequest query = HttpRequest.newBuilder(URI.create("http://localhost:%d/api/v1/query".formatted(port)))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        """
                        {"tenant_id":"acme","dataset_id":"syslog","sql":"SELECT * FROM events","limit":500,"newest_first":true}"""))
                .build();
        HttpClient.newHttpClient().send(query, HttpResponse.BodyHandlers.discarding());
        process.destroy();
        process.waitFor();
        for (String suffix : List.of("", "-wal", "-shm", ".lock")) {
            Bench.delete(cursor.resolveSibling("training.db" + suffix));
        }
    }

    Bench.Measured firstRecord(Path jar, List<String> flags) throws IOException, InterruptedException {
        long before = System.nanoTime();
        Process process = start(jar, flags, Map.of())
                .redirectError(Bench.WORK.resolve("connector.log").toFile())
                .start();
        if (process.getInputStream().read() < 0) {
            throw new IllegalStateException(
                    "the connector gave no record:%n%s".formatted(Files.readString(Bench.WORK.resolve("connector.log"))));
        }
        double seconds = Processes.secondsSince(before);
        Thread reader = new Thread(() -> drain(process));
        reader.start();
        Processes.Watched watched = Processes.watch(process);
        return new Bench.Measured(seconds, Processes.secondsSince(before), watched.cpuSeconds(), watched.peakBytes());
    }

    private static void drain(Process process) {
        try {
            process.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException ended) {
            // The process has ended.
        }
    }

    /** The connector in batch mode with an empty cursor, started in the project's folder. */
    private ProcessBuilder start(Path jar, List<String> flags, Map<String, String> itsSettings) throws IOException {
        Path cursor = Bench.WORK.resolve("cursor.db");
        for (String suffix : List.of("", "-wal", "-shm")) {
            Bench.delete(cursor.resolveSibling("cursor.db" + suffix));
        }
        Map<String, String> all = new LinkedHashMap<>(itsSettings);
        all.put("cursor.file", cursor.toString());
        return process(flags, jar, List.of("--mode", "batch", "--routes", routes(jar, Bench.WORK.resolve("routes")).toString()), all);
    }

    /** The connector in watch mode with the launcher's options; its standard output is discarded. */
    ProcessBuilder inWatchMode(Map<String, String> itsSettings) {
        return inMode("watch", itsSettings);
    }

    /** The same in another mode. */
    ProcessBuilder inMode(String mode, Map<String, String> itsSettings) {
        return process(javaFlags, Bench.JAR, List.of("--mode", mode), itsSettings)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }

    /** The same with an archive of classes, as people have it. */
    ProcessBuilder asInTheImage(String mode, Map<String, String> itsSettings) throws IOException, InterruptedException {
        return process(withArchive(javaFlags, Bench.JAR), Bench.JAR, List.of("--mode", mode), itsSettings)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }

    private static ProcessBuilder process(
            List<String> flags, Path jar, List<String> arguments, Map<String, String> itsSettings) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(List.of(TestSettings.arguments(itsSettings, arguments.toArray(String[]::new))));
        ProcessBuilder builder = new ProcessBuilder(command);
        LAUNCHER_ENVIRONMENT.forEach(builder.environment()::putIfAbsent);
        return builder;
    }

    /** The routes of the jar's project with one more destination, which takes every batch and does nothing with it. */
    static Path routes(Path jar, Path folder) throws IOException {
        Path source = jar.getParent().resolveSibling("routes");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = folder.resolve(source.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.copy(
                Path.of("bench", "discard.camel.yaml"),
                folder.resolve("destinations").resolve("discard.camel.yaml"),
                StandardCopyOption.REPLACE_EXISTING);
        return folder;
    }
}
