package com.bytefreezer.connector.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/** What {@code src/test/servers/install.sh} installed, and where the project is. */
public final class TestTools {
    private static final Path SERVERS = Path.of("src", "test", "servers");

    /** Of each fork: eight times as many, from 12,000 on, are below 32,768. */
    private static final int PORTS = 2_500;

    private static final Set<Integer> GIVEN = new HashSet<>();

    private TestTools() {}

    /** The folder of {@code pom.xml}. */
    public static Path projectDirectory() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    }

    /** The folder that holds all that was installed, by version. */
    public static Path cacheDirectory() {
        var chosen = System.getenv("CONNECTOR_TEST_CACHE");
        if (chosen != null) {
            return Path.of(chosen);
        }
        return Path.of(System.getProperty("user.home"), ".cache", "bytefreezer-connector-test");
    }

    /** The MinIO program. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path minio() {
        return folder("minio").resolve("minio");
    }

    /** The NATS server's program. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path nats() {
        return folder("nats").resolve("nats-server");
    }

    /** The folder with ElasticMQ's class path. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path elasticMq() {
        return folder("elasticmq");
    }

    /** The folder with Kinesis Mock and its Node. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path kinesis() {
        return folder("kinesis");
    }

    /** The HEC receiver's program. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path hec() {
        return folder("hec").resolve("hec");
    }

    /** The folder with Kafka's class path. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path kafka() {
        return folder("kafka");
    }

    /** The folder of an Elasticsearch node. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path elasticsearch() {
        return folder("elasticsearch");
    }

    /** The folder of an OpenSearch node. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    static Path openSearch() {
        return folder("opensearch");
    }

    /**
     * The folder with PostgreSQL's programs: Debian's newest, or the one of {@code initdb} in the path. Where there is none
     * the test is skipped, or fails when {@code CI=true}.
     */
    static Path postgresql() {
        var debian = new File("/usr/lib/postgresql").list();
        var folders = Stream.concat(
                Stream.of(debian == null ? new String[0] : debian)
                        .sorted(Comparator.comparing((String version) -> Double.valueOf(version))
                                .reversed())
                        .map(version -> Path.of("/usr/lib/postgresql", version, "bin")),
                Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of));
        return folders.filter(folder -> Files.isExecutable(folder.resolve("initdb")))
                .findFirst()
                .orElseGet(() -> installed(Path.of("/usr/lib/postgresql/15/bin/initdb")));
    }

    /** PgBouncer's program. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    static Path pgbouncer() {
        return installed(Path.of("/usr/sbin/pgbouncer"));
    }

    /** Schemathesis' program. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path schemathesis() {
        return installed(folder("schemathesis").resolve(Path.of("bin", "st")));
    }

    /** Chromium's program. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path chromium() {
        return program("chromium-headless-shell");
    }

    /**
     * The folder of what checks {@code deploy/}: {@code promtool}, and {@code python} with the schemas. Where it is missing
     * the test is skipped, or fails when {@code CI=true}.
     */
    public static Path checkers() {
        return folder("checkers");
    }

    /** The library that gives a process a clock of its own. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path faketime() {
        var folders = new File("/usr/lib").listFiles(File::isDirectory);
        return installed(Stream.of(folders == null ? new File[0] : folders)
                .map(folder -> folder.toPath().resolve(Path.of("faketime", "libfaketimeMT.so.1")))
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of("/usr/lib/faketime/libfaketimeMT.so.1")));
    }

    /** The folder that syslog-ng is unpacked in. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path syslogNg() {
        return folder("syslog-ng");
    }

    /** A program of Debian's. Where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Path program(String name) {
        return installed(Stream.of((System.getenv("PATH") + ":/usr/sbin").split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of("/usr/bin", name)));
    }

    /** Runs a program to its end. Whether it ended well. */
    public static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    }

    /**
     * Options of Java with which a server starts quickly: its classes are not ours to verify, and it has so many names in
     * them that Java's table of 32,768 would make each a search.
     */
    static final List<String> QUICK_START = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote",
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:SymbolTableSize=262144");

    /** Those, and the archive of classes of the server in the folder. */
    static List<String> quickStart(Path folder) {
        var options = new ArrayList<>(QUICK_START);
        options.add("-XX:+UseSerialGC");
        var classes = folder.resolve("classes.jsa");
        // Named, but missing, it would cost Java its own archive.
        if (Files.exists(classes)) {
            options.add("-XX:SharedArchiveFile=" + classes);
        }
        return options;
    }

    private static Path folder(String server) {
        return installed(cacheDirectory().resolve(server).resolve(version(server)));
    }

    private static String version(String server) {
        try {
            return Files.readString(projectDirectory().resolve(SERVERS).resolve(server + ".version"))
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The value for DuckDB's {@code extension_directory}; it holds httpfs for the DuckDB on the class path. Where that is
     * missing the test is skipped, or fails when {@code CI=true}.
     */
    public static Path duckdbExtensions() {
        var directory = cacheDirectory().resolve("duckdb-extensions");
        try (var connection = SharedDuckDb.connect();
                var row = connection
                        .createStatement()
                        .executeQuery("SELECT version(), platform FROM pragma_platform()")) {
            row.next();
            installed(directory
                    .resolve(row.getString(1))
                    .resolve(row.getString(2))
                    .resolve("httpfs.duckdb_extension"));
            return directory;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path installed(Path file) {
        if (Files.exists(file)) {
            return file;
        }
        var reason = "%s is missing; run %s".formatted(file, SERVERS.resolve("install.sh"));
        if ("true".equals(System.getenv("CI"))) {
            throw new IllegalStateException(reason);
        }
        System.err.println("Test skipped: " + reason);
        throw new TestAbortedException(reason);
    }

    /**
     * A port of the loopback address on which nothing listens, never the same twice. It is below those that Linux gives to
     * outgoing connections, and each of the processes that tests run in has ports of its own.
     */
    public static synchronized int freePort() {
        int first = 12_000 + PORTS * Integer.getInteger("surefire.forkNumber", 0);
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(first, first + PORTS);
            if (!GIVEN.add(port)) {
                // Not even tried: whoever has it may be about to listen.
                continue;
            }
            try (var socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress("127.0.0.1", port));
                return port;
            } catch (BindException e) {
                // Taken: another one.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Path temporaryDirectory(String name) {
        try {
            return Files.createTempDirectory("connector-" + name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void giveToNobody(Path folder) {
        try {
            if (!run("chown", "-R", "nobody", folder.toString())) {
                throw new IllegalStateException("chown of " + folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public static void deleteFolder(Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
