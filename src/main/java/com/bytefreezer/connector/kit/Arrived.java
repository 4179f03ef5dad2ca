package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.spool.DatasetState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What has become of marked events on disk. */
final class Arrived {
    private static final Duration PATIENCE = Duration.ofSeconds(ConnectorRun.PATIENCE_SECONDS);

    private Arrived() {}

    /** How often each event is in the lake. */
    static Map<Integer, Integer> packed(Path lake, Marker marker) throws SQLException {
        Map<Integer, Integer> all = new TreeMap<>();
        List<Path> objects = files(lake, ".parquet");
        if (objects.isEmpty()) {
            return all;
        }
        String names = objects.stream()
                .map(object -> DuckDb.literal(object.toString()))
                .collect(Collectors.joining(", "));
        try (Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT e::VARCHAR FROM read_parquet([%s], union_by_name = true) e".formatted(names))) {
            while (rows.next()) {
                new HashSet<>(marker.records(rows.getString(1))).forEach(one -> all.merge(one, 1, Integer::sum));
            }
        }
        return all;
    }

    /** Those that are dead letters. */
    static Set<Integer> deadLetters(Path folder, Marker marker) {
        Set<Integer> all = new TreeSet<>();
        for (Path file : files(folder, ".ndjson")) {
            try {
                all.addAll(marker.records(Files.readString(file)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all;
    }

    /** Those that the journal of a spool has, of which nothing was packed, while a process uses it. */
    static Set<Integer> inSpool(Path spool, Marker marker) {
        Set<Integer> all = new TreeSet<>();
        try {
            long count = DatasetState.in(spool).stream()
                    .mapToLong(DatasetState::spooled)
                    .sum();
            long seen = 0;
            for (Path file : files(spool, ".ndjson")) {
                if (!file.toString().contains(".dead.")) {
                    for (String line : Files.readAllLines(file)) {
                        if (seen++ < count) {
                            all.addAll(marker.records(line));
                        }
                    }
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // It is being written.
        }
        return all;
    }

    /** Files below a folder, which may be missing, in the order of their names. */
    static List<Path> files(Path folder, String suffix) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits, and says whether it holds; gives up after the time of a run. */
    static boolean await(BooleanSupplier condition) {
        return await(condition, PATIENCE);
    }

    static boolean await(BooleanSupplier condition, Duration patience) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > patience.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        return true;
    }
}
