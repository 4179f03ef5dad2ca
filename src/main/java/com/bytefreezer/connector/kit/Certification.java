package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.Faults.Fault;
import com.bytefreezer.connector.kit.Faults.Trouble;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Shows for each fault that "at least once" holds. The whole connector exports a small lake to a server with that
 * fault, run after run with the same cursor, until a run reports that everything is delivered. Then every record must
 * have arrived, or be refused for good and kept. The connector runs in this process, or in a separate one if it is
 * to be killed.
 */
final class Certification {
    private static final int OBJECTS = 3;
    private static final int RECORDS_PER_OBJECT = 200;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int MOST_RUNS = 6;
    private static final int LONGEST_REASON = 70;

    /** Slow enough that a kill leaves something to deliver, even if it comes seconds late. */
    private static final int RECORDS_PER_SECOND_BEFORE_A_KILL = 60;

    private static final String FOLDER = "{folder}";
    private static final String PROXY = "{proxy}";
    private static final String PROXY_HOST = "{proxy-host}";
    private static final String PROXY_PORT = "{proxy-port}";
    private static final String RECEIVER = "{receiver}";

    private final Program program;
    private final DestinationRoute destination;
    private final Map<String, String> settings;
    private final Map<String, String> certify;
    private final Answers answers;

    /** What happened under a fault, and whether at least once holds. */
    record Result(Fault fault, String happened, boolean holds) {}

    /**
     * Prepares a certification.
     *
     * @param program the connector
     * @param settings of the destination, with {@code {server}} and the like for addresses
     * @param certify address of a real server
     * @param answers of the kit's own server
     */
    Certification(
            Program program,
            DestinationRoute destination,
            Map<String, String> settings,
            Map<String, String> certify,
            Answers answers) {
        this.program = program;
        this.destination = destination;
        this.settings = settings;
        this.certify = certify;
        this.answers = answers;
    }

    /** The faults that can be shown; none if nothing says how. */
    List<Fault> faults() {
        if (leadsTo(CaseFile.SERVER)) {
            return Faults.ofHttp(answers.canBePartial());
        }
        return certify.containsKey("received") ? Faults.ofConnections(hasProxy()) : List.of();
    }

    /** Whether several faults can be shown at a time. */
    boolean canBeParallel() {
        return !certify.containsKey("proxy-port");
    }

    /** Whether the kit's own server or proxy is in the path of the records. */
    boolean breaksConnections() {
        return leadsTo(CaseFile.SERVER) || hasProxy();
    }

    private boolean hasProxy() {
        return Stream.of(PROXY, PROXY_HOST, PROXY_PORT).anyMatch(this::leadsTo);
    }

    private boolean leadsTo(String place) {
        return settings.values().stream().anyMatch(value -> value.contains(place));
    }

    /** One fault with its own resources. */
    private final class Trial {
        private final Fault fault;
        private final Marker marker = Marker.unique();
        private final Path folder = destination.newFolder();
        private final Path lake = writeLake(folder.resolve("lake"), marker);
        private final Path cursor = folder.resolve("cursor.db");
        private final int port = certify.containsKey("proxy-port") ? proxyPort() : freePort();
        private final Map<String, String> places;

        private Trial(Fault fault) {
            this.fault = fault;
            String host = InetAddress.getLoopbackAddress().getHostAddress();
            places = Map.of(
                    CaseFile.SERVER,
                    "http://%s:%d".formatted(host, port),
                    PROXY,
                    "%s:%d".formatted(host, port),
                    PROXY_HOST,
                    host,
                    PROXY_PORT,
                    String.valueOf(port),
                    RECEIVER,
                    "%s:%d".formatted(host, freePort()),
                    FOLDER,
                    folder.resolve("destination").toString());
        }

        private FarEnd farEnd() {
            Map<String, String> ofCertify = inPlace(certify);
            Map<String, String> known = inPlace(settings);
            ofCertify.forEach((name, value) -> known.put("certify." + name, value));
            return leadsTo(CaseFile.SERVER)
                    ? FaultyServer.start(port, marker, fault, answers)
                    : RealServer.start(port, ofCertify, hasProxy(), known, cursor, marker, fault);
        }

        private Map<String, String> inPlace(Map<String, String> texts) {
            Map<String, String> all = new TreeMap<>(texts);
            places.forEach((place, value) -> all.replaceAll((name, text) -> text.replace(place, value)));
            return all;
        }
    }

    /** @throws ConnectorException if the case file names the real server incorrectly */
    Result show(Fault fault) throws InterruptedException {
        Trial trial = new Trial(fault);
        FarEnd farEnd = fault.isUp() ? trial.farEnd() : null;
        List<String> happened = new ArrayList<>();
        try {
            for (int run = 1; run <= MOST_RUNS; run++) {
                if (farEnd == null && run > 1) {
                    farEnd = trial.farEnd();
                }
                try (ConnectorRun connector = start(trial, run)) {
                    if (farEnd != null) {
                        farEnd.runBegins(run, connector);
                    }
                    Optional<String> failure = connector.failure();
                    if (failure.isEmpty()) {
                        return result(trial, farEnd, happened);
                    }
                    happened.add("run %d %s".formatted(run, shortened(failure.get())));
                    if (connector.hangs()) {
                        break;
                    }
                }
            }
            return new Result(fault, "no run succeeds: " + happened.get(happened.size() - 1), false);
        } finally {
            if (farEnd != null) {
                farEnd.close();
            }
        }
    }

    private ConnectorRun start(Trial trial, int run) {
        Map<String, String> properties = properties(trial);
        if (!trial.fault.kills() || run > Faults.KILLS) {
            return RunHere.start(destination.routes(), properties);
        }
        if (trial.fault.trouble() == Trouble.KILL) {
            properties.put("delivery.max-records-per-second", String.valueOf(RECORDS_PER_SECOND_BEFORE_A_KILL));
        }
        return ProcessRun.start(program, trial.folder, destination.routes(), properties);
    }

    private static Result result(Trial trial, @Nullable FarEnd farEnd, List<String> happened)
            throws InterruptedException {
        Fault fault = trial.fault;
        Map<Integer, Integer> taken = farEnd == null ? Map.of() : farEnd.taken(RECORDS);
        Set<Integer> kept = deadLetters(trial.folder.resolve("dead-letters"), trial.marker);
        Set<Integer> lost = IntStream.range(0, RECORDS).boxed().collect(Collectors.toCollection(HashSet::new));
        lost.removeAll(taken.keySet());
        lost.removeAll(kept);
        Set<Integer> givenUp = new HashSet<>(kept);
        givenUp.removeAll(fault.refused());

        if (!lost.isEmpty()) {
            happened.add("the connector reports that all is delivered, but %d of %d records never arrived"
                    .formatted(lost.size(), RECORDS));
        } else if (!givenUp.isEmpty()) {
            happened.add("%d records became dead letters that the server did not refuse".formatted(givenUp.size()));
        } else {
            long repeated = taken.values().stream().filter(times -> times > 1).count();
            happened.add("%d records accepted, %d of them repeatedly".formatted(taken.size(), repeated));
            if (!kept.isEmpty()) {
                happened.add(kept.size() + " dead-lettered");
            }
        }
        boolean shown = farEnd == null || !fault.shows() || farEnd.faults() > 0;
        if (farEnd != null && !farEnd.hasSeenRecords()) {
            happened.add("no %s contained the text \"certify-…\" at the start of each record's field message"
                    .formatted(farEnd.carrier()));
        }
        if (!shown) {
            happened.add("the fault did not occur");
        }
        // The kit's own server sees every request; a proxy may be bypassed.
        boolean certain = shown || fault.trouble() == Trouble.NONE;
        return new Result(fault, String.join("; ", happened), certain && lost.isEmpty() && givenUp.isEmpty());
    }

    private Map<String, String> properties(Trial trial) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root", "file:" + trial.lake,
                "query.tenant-id", "acme",
                "query.dataset-id", "certify",
                "query.sql", "SELECT number, timestamp, hostname, source_ip, message FROM events",
                "destination.type", destination.name(),
                "schedule.batch-size", "50",
                "delivery.max-retries", "5",
                "delivery.retry-delay-ms", "20",
                "delivery.max-retry-delay-ms", "1000"));
        all.put("cursor.file", trial.cursor.toString());
        all.put(
                "delivery.dead-letters-folder",
                trial.folder.resolve("dead-letters").toString());
        if (destination.hasSetting("timeout-ms")) {
            all.put("destination." + destination.name() + ".timeout-ms", String.valueOf(Faults.TIMEOUT.toMillis()));
        }
        all.putAll(trial.inPlace(settings));
        return all;
    }

    private static Path writeLake(Path root, Marker marker) {
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
                                .formatted(marker.sql("n"), first, first + RECORDS_PER_OBJECT, file));
            }
            return root;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<Integer> deadLetters(Path folder, Marker marker) {
        Set<Integer> records = new HashSet<>();
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    records.addAll(marker.records(Files.readString(file)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return records;
    }

    private int proxyPort() {
        String port = certify.getOrDefault("proxy-port", "");
        try {
            return Integer.parseInt(port);
        } catch (NumberFormatException e) {
            throw new ConnectorException(
                    "certify.proxy-port: \"%s\" is not a port.".formatted(port), Problem.NOT_STARTED, "", e);
        }
    }

    /** A port that no other connection takes before it is used: systems assign higher ones. */
    static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 32_768);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException e) {
                // Taken: try another one.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String shortened(String failure) {
        String text = PlainText.withoutStop(failure);
        return text.length() <= LONGEST_REASON ? text : text.substring(0, LONGEST_REASON) + "…";
    }
}
