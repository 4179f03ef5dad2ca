package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.Faults.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Shows for each fault that at least once holds: the whole connector, in a process of its own, exports a small lake to a
 * server with that fault, again and again with the same cursor until a run says that all is delivered. Then every record
 * must have been taken by the server, or refused by it for good and kept.
 */
final class Certification {
    private static final int OBJECTS = 3;
    private static final int RECORDS_PER_OBJECT = 200;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int MOST_RUNS = 6;
    private static final int LONGEST_REASON = 70;

    private final DestinationRoute destination;
    private final Map<String, String> settings;
    private final Answers answers;
    private final Path lake;

    /** What happened under a fault, and whether at least once holds. */
    record Result(Fault fault, String happened, boolean holds) {}

    /** @param settings of the destination, with {@code {server}} for the server's address */
    Certification(DestinationRoute destination, Map<String, String> settings, Answers answers) {
        this.destination = destination;
        this.settings = settings;
        this.answers = answers;
        lake = writeLake(destination.newFolder());
    }

    Result show(Fault fault) throws InterruptedException {
        Path folder = destination.newFolder();
        int port = freePort();
        FaultyServer server = fault.isUp() ? FaultyServer.start(port, fault, answers) : null;
        List<String> happened = new ArrayList<>();
        try {
            for (int run = 1; run <= MOST_RUNS; run++) {
                if (server == null && run > 1) {
                    server = FaultyServer.start(port, fault, answers);
                }
                try (ConnectorRun connector = start(folder, port)) {
                    if (server != null) {
                        server.runBegins(run, connector::kill);
                    }
                    Optional<String> failure = connector.failure();
                    if (failure.isEmpty()) {
                        return result(fault, folder, server, happened);
                    }
                    happened.add("run %d %s".formatted(run, shortened(failure.get())));
                    if (connector.hangs()) {
                        break;
                    }
                }
            }
            return new Result(fault, "no run succeeds: " + happened.get(happened.size() - 1), false);
        } finally {
            if (server != null) {
                server.close();
            }
        }
    }

    private ConnectorRun start(Path folder, int port) {
        return ConnectorRun.start(folder, destination.routes(), properties(folder, port));
    }

    private Result result(Fault fault, Path folder, @Nullable FaultyServer server, List<String> happened) {
        Map<Integer, Integer> taken = server == null ? Map.of() : server.taken();
        Set<Integer> kept = deadLetters(folder.resolve("dead-letters"));
        Set<Integer> lost = IntStream.range(0, RECORDS).boxed().collect(Collectors.toCollection(HashSet::new));
        lost.removeAll(taken.keySet());
        lost.removeAll(kept);
        Set<Integer> givenUp = new HashSet<>(kept);
        givenUp.removeAll(fault.refused());

        if (!lost.isEmpty()) {
            happened.add("the connector says that all is delivered, and %d of %d records never arrived"
                    .formatted(lost.size(), RECORDS));
        } else if (!givenUp.isEmpty()) {
            happened.add("%d records became dead letters that the server did not refuse".formatted(givenUp.size()));
        } else {
            long repeated = taken.values().stream().filter(times -> times > 1).count();
            happened.add("%d records taken, %d of them repeatedly".formatted(taken.size(), repeated));
            if (!kept.isEmpty()) {
                happened.add(kept.size() + " kept as dead letter");
            }
        }
        if (server != null && !server.hasSeenRecords()) {
            happened.add("no request held the text \"certify-…\" that each record's field message begins with");
        }
        if (server != null && fault.answers() && server.faults() == 0) {
            happened.add("the fault did not come up");
        }
        return new Result(fault, String.join("; ", happened), lost.isEmpty() && givenUp.isEmpty());
    }

    private Map<String, String> properties(Path folder, int port) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root", "file:" + lake,
                "query.tenant-id", "acme",
                "query.dataset-id", "certify",
                "query.sql", "SELECT number, timestamp, hostname, source_ip, message FROM events",
                "destination.type", destination.name(),
                "schedule.batch-size", "50",
                "delivery.max-retries", "5",
                "delivery.retry-delay-ms", "20",
                "delivery.max-retry-delay-ms", "1000"));
        all.put("cursor.file", folder.resolve("cursor.db").toString());
        all.put("delivery.dead-letters-folder", folder.resolve("dead-letters").toString());
        if (destination.hasSetting("timeout-ms")) {
            all.put("destination." + destination.name() + ".timeout-ms", String.valueOf(Faults.TIMEOUT.toMillis()));
        }
        String server =
                "http://%s:%d".formatted(InetAddress.getLoopbackAddress().getHostAddress(), port);
        settings.forEach((name, value) -> all.put(name, value.replace(CaseFile.SERVER, server)));
        return all;
    }

    private static Path writeLake(Path root) {
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement()) {
            for (int object = 0; object < OBJECTS; object++) {
                Path file = root.resolve("acme/certify/data/parquet/year=2026/month=11/day=20/hour=%02d/object.parquet"
                        .formatted(object));
                Files.createDirectories(file.getParent());
                int first = object * RECORDS_PER_OBJECT;
                statement.execute(
                        ("COPY (SELECT n AS number, TIMESTAMP '2026-11-20 00:00:00' + to_seconds(n) AS timestamp,"
                                        + " 'host-' || n %% 5 AS hostname, '192.0.2.' || n %% 250 AS source_ip,"
                                        + " %s || ' logged in' AS message FROM range(%d, %d) r(n)) TO '%s' (FORMAT parquet)")
                                .formatted(FaultyServer.marker("n"), first, first + RECORDS_PER_OBJECT, file));
            }
            return root;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<Integer> deadLetters(Path folder) {
        Set<Integer> records = new HashSet<>();
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    records.addAll(FaultyServer.records(Files.readString(file)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return records;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Without the destination, the export and what follows from the failure. */
    private static String shortened(String failure) {
        String text = failure.replaceFirst("failed: [^:]*, export [^:]*: ", "failed: ")
                .replaceFirst("\\.? The rest stays undelivered.*", "");
        return text.length() <= LONGEST_REASON ? text : text.substring(0, LONGEST_REASON) + "…";
    }
}
