import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.bytefreezer.connector.testing.TestTools;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Measures the search for new objects in a delivered dataset of 30 days: a full listing, the first of a process, and the polls after it. The server computes its listings; it shares this machine's cores with the connector.
 */
final class LargeListings {
    private static final int[] OBJECTS = {10_000, 100_000, 1_000_000};
    private static final Duration SPAN = Duration.ofDays(30);
    private static final int LOOKBACK_HOURS = 24;
    private static final int ALL_HOURS = 24 * 40;
    private static final int POLLS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Pattern SUMMARY = Pattern.compile("export default: 0 objects.* in ([\\d.]+) s");
    private static final Path FOLDER = Bench.WORK.resolve("listing");

    private final Bench bench;

    /** One run of the connector: its cost and the number of requested pages. */
    private record Poll(double seconds, int requests) {}

    LargeListings(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        // Without it each answer waits for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        Files.createDirectories(FOLDER);
        byte[] content = Files.readAllBytes(ParquetLake.in(FOLDER).numbers("a.parquet", 0, 1));
        System.out.printf("%nlisting: a dataset of %d days, all of it delivered%n", SPAN.toDays());
        Figures.row("objects, look-back", "full", "requests", "poll", "requests", "peak RSS", "cursor", "rows");
        for (int objects : OBJECTS) {
            for (int lookbackHours : new int[] {LOOKBACK_HOURS, ALL_HOURS}) {
                measure(objects, lookbackHours, content);
            }
        }
    }

    private void measure(int objects, int lookbackHours, byte[] content) throws Exception {
        PackerKeys keys =
                new PackerKeys(objects, SPAN.dividedBy(objects), Instant.now().minus(Duration.ofHours(2)));
        Path cursor = FOLDER.resolve("cursor.db");
        int rows = fill(cursor, keys, lookbackHours, content.length);
        long bytes = Files.size(cursor);
        File log = FOLDER.resolve("connector.log").toFile();
        try (SimulatedBucket bucket = SimulatedBucket.start(keys, PackerKeys::time, content)) {
            Process process = start(bucket, cursor, lookbackHours)
                    .redirectError(log)
                    .start();
            try {
                List<Poll> polls = new ArrayList<>();
                int before = 0;
                for (int i = 0; i <= POLLS; i++) {
                    int number = i;
                    Await.until("a run", PATIENCE, () -> seconds(log).size() > number || !process.isAlive());
                    int requests = bucket.listings().size();
                    polls.add(new Poll(seconds(log).get(i), requests - before));
                    before = requests;
                }
                long peak = Processes.peakBytes(process.pid());
                Poll poll = polls.stream()
                        .skip(1)
                        .sorted(Comparator.comparing(Poll::seconds))
                        .toList()
                        .get(POLLS / 2);
                Figures.row(
                        String.format(Locale.ROOT, "%,d, %d h", objects, lookbackHours),
                        Figures.seconds(polls.get(0).seconds()),
                        String.valueOf(polls.get(0).requests()),
                        Figures.seconds(poll.seconds()),
                        String.valueOf(poll.requests()),
                        String.format(Locale.ROOT, "%,.0f MB", peak / 1e6),
                        String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6),
                        String.format(Locale.ROOT, "%,d", rows));
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    /** A cursor with all these objects delivered. */
    private static int fill(Path cursor, PackerKeys keys, int lookbackHours, long size) throws SQLException {
        for (String suffix : List.of("", "-wal", "-shm")) {
            Bench.delete(cursor.resolveSibling(cursor.getFileName() + suffix));
        }
        Cursor.open(cursor, Duration.ofHours(lookbackHours)).close();
        Instant watermark = PackerKeys.time(keys.get(keys.size() - 1));
        Instant oldest = watermark.minus(Duration.ofHours(lookbackHours));
        int rows = 0;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + cursor);
                Statement statement = connection.createStatement();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO object VALUES ('default/stdout', ?, "
                        + size + ", ?, TRUE, '6a2f41a3-c54c-3ba0-8c4b-9a1c9c0e7d11', 1000, 1000, 0, 0, ?)")) {
            statement.executeUpdate("INSERT INTO lane VALUES ('default/stdout', 0, " + watermark.toEpochMilli() + ", NULL)");
            connection.setAutoCommit(false);
            for (String key : keys) {
                Instant time = PackerKeys.time(key);
                if (!time.isBefore(oldest)) {
                    insert.setString(1, key.substring(PackerKeys.DATASET.length()));
                    insert.setLong(2, time.toEpochMilli());
                    insert.setLong(3, time.toEpochMilli());
                    insert.addBatch();
                    if (++rows % 10_000 == 0) {
                        insert.executeBatch();
                    }
                }
            }
            insert.executeBatch();
            connection.commit();
        }
        return rows;
    }

    private ProcessBuilder start(SimulatedBucket bucket, Path cursor, int lookbackHours) throws IOException {
        Map<String, String> settings = bench.settings(
                "query.tenant-id", "acme",
                "query.dataset-id", "events",
                "query.sql", "SELECT * FROM events",
                "destination.type", "stdout",
                "schedule.interval-seconds", "5",
                "cursor.file", cursor.toString(),
                "cursor.lookback-hours", String.valueOf(lookbackHours),
                "server.port", String.valueOf(TestTools.freePort()));
        settings.putAll(S3Server.settings(bucket.endpoint()));
        settings.put("s3.bucket", SimulatedBucket.NAME);
        return bench.launcher.inWatchMode(settings);
    }

    /** The seconds of each run that has ended. */
    private static List<Double> seconds(File log) {
        try {
            return SUMMARY.matcher(Files.readString(log.toPath()))
                    .results()
                    .map(match -> Double.parseDouble(match.group(1)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
