import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What others do with the messages of {@link Ingest} over TCP, in the same run: rsyslog writes them to a file, as JSON with all
 * their fields, the OpenTelemetry Collector, too, and Tenzir as Parquet; none forces them to the disk. One that is not installed
 * is left out; the Collector is built here, which takes minutes once and needs Go.
 */
final class IngestPeers {
    private static final int PORT = 15_515;

    private final Path folder;

    IngestPeers(Path folder) {
        this.folder = folder;
    }

    private interface Count {
        long events() throws Exception;
    }

    void run() throws Exception {
        Optional<Path> rsyslog = program("rsyslogd", "/usr/sbin");
        if (rsyslog.isPresent()) {
            Path file = folder.resolve("rsyslog.ndjson");
            Path configuration = Files.writeString(folder.resolve("rsyslog.conf"), """
                    global(workDirectory="%s")
                    module(load="imtcp" maxSessions="100")
                    template(name="all" type="string" string="%%jsonmesg%%\n")
                    ruleset(name="keep") { action(type="omfile" file="%s" template="all") }
                    input(type="imtcp" port="%d" ruleset="keep")
                    """.formatted(folder, file, PORT));
            measure(
                    "rsyslog over TCP, to a file",
                    new ProcessBuilder(rsyslog.get().toString(), "-n", "-f", configuration.toString(), "-i", folder.resolve("rsyslog.pid").toString()),
                    () -> lines(file));
        }
        Optional<Path> collector = collector();
        if (collector.isPresent()) {
            Path file = folder.resolve("collector.json");
            Path configuration = Files.writeString(folder.resolve("collector.yaml"), """
                    receivers: {syslog: {tcp: {listen_address: "127.0.0.1:%d"}, protocol: rfc5424}}
                    exporters: {file: {path: "%s"}}
                    service:
                      telemetry: {metrics: {level: none}}
                      pipelines: {logs: {receivers: [syslog], exporters: [file]}}
                    """.formatted(PORT, file));
            measure(
                    "OpenTelemetry Collector over TCP, to a file",
                    new ProcessBuilder(collector.get().toString(), "--config", configuration.toString()),
                    () -> occurrences(file, "\"observedTimeUnixNano\""));
        }
        Optional<Path> tenzir = program("tenzir", String.valueOf(System.getenv("PATH")));
        if (tenzir.isPresent()) {
            Path file = folder.resolve("tenzir.parquet");
            Path pipeline = Files.writeString(folder.resolve("syslog.tql"), """
                    accept_tcp "127.0.0.1:%d" { read_syslog }
                    to_file "%s" { write_parquet }
                    """.formatted(PORT, file));
            measure("Tenzir over TCP, to Parquet", new ProcessBuilder(tenzir.get().toString(), "-f", pipeline.toString()), () -> rows(file));
        }
    }

    /** Builds it from the Go module proxy, if it is not there yet. */
    private static Optional<Path> collector() throws Exception {
        Path built = Bench.WORK.resolve("collector").toAbsolutePath();
        if (!Files.exists(built) && program("go", String.valueOf(System.getenv("PATH"))).isPresent()) {
            System.out.println("  building the OpenTelemetry Collector (takes minutes)");
            ProcessBuilder build = new ProcessBuilder("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", built.toString(), ".")
                    .directory(Path.of("bench", "collector").toFile())
                    .inheritIO();
            build.environment().put("CGO_ENABLED", "0");
            if (build.start().waitFor() != 0) {
                System.out.println("  without the Collector, which could not be built");
            }
        }
        return Optional.of(built).filter(Files::exists);
    }

    private static Optional<Path> program(String name, String folders) {
        Optional<Path> found = Stream.of(folders.split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
        if (found.isEmpty()) {
            System.out.println("  without " + name + ", which is not installed");
        }
        return found;
    }

    private void measure(String name, ProcessBuilder program, Count count) throws Exception {
        Process peer = program.redirectErrorStream(true)
                .redirectOutput(folder.resolve("peer.log").toFile())
                .start();
        try {
            while (!listens()) {
                if (!peer.isAlive()) {
                    throw new IOException(Files.readString(folder.resolve("peer.log")));
                }
                Thread.sleep(50);
            }
            double cpu = Processes.cpuSeconds(peer.toHandle());
            long begun = System.nanoTime();
            Ingest.tcp(PORT);
            double used = Processes.cpuSeconds(peer.toHandle());
            long last = System.nanoTime();
            // Until it has nothing more to do.
            while (Processes.secondsSince(last) < 2) {
                Thread.sleep(20);
                double now = Processes.cpuSeconds(peer.toHandle());
                if (now - used > 0.02) {
                    used = now;
                    last = System.nanoTime();
                }
            }
            long peak = Processes.peakBytes(peer.pid());
            peer.destroy();
            // What it still writes at its end is its work, too.
            used = Math.max(used, Processes.watch(peer).cpuSeconds());
            long events = count.events();
            Figures.row(
                    name,
                    Figures.rate(events, (last - begun) / 1e9),
                    Ingest.micros(used - cpu, events),
                    "%,.0f MB".formatted(peak / 1e6),
                    "",
                    String.valueOf(Ingest.TCP_EVENTS - events));
        } finally {
            peer.destroyForcibly();
        }
    }

    private static boolean listens() {
        try (Socket socket = new Socket("127.0.0.1", PORT)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static long lines(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        }
    }

    /** Of a text whose first character comes again only at its end. */
    private static long occurrences(Path file, String text) throws IOException {
        long count = 0;
        int matched = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            for (int one = in.read(); one >= 0; one = in.read()) {
                matched = one == text.charAt(matched) ? matched + 1 : one == text.charAt(0) ? 1 : 0;
                if (matched == text.length()) {
                    count++;
                    matched = 0;
                }
            }
        }
        return count;
    }

    private static long rows(Path file) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM read_parquet('%s')".formatted(file))) {
            row.next();
            return row.getLong(1);
        }
    }
}
