import java.io.IOException;
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
 * their fields, and Tenzir as Parquet; neither forces them to the disk. One that is not installed is left out.
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

    private static long rows(Path file) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM read_parquet('%s')".formatted(file))) {
            row.next();
            return row.getLong(1);
        }
    }
}
