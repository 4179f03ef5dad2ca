package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lake in a folder, in packer's layout, with one dataset {@code acme/events}. As in a bucket, an object is there as a
 * whole or not at all, so that a connector that watches the lake never finds half of one.
 */
public final class ParquetLake {
    private static final String DATASET = "acme/events/data/parquet";
    /** More would only fill the disk. */
    private static final long MOST_SHARED = 60_000;
    /** The objects that several tests of this process need, by their SQL. */
    private static final Map<String, Path> SHARED = new ConcurrentHashMap<>();

    private final Path root;

    private ParquetLake(Path root) {
        this.root = root;
    }

    public static ParquetLake in(Path root) {
        return new ParquetLake(root);
    }

    public Path root() {
        return root;
    }

    /** Settings that export this dataset. */
    public Map<String, String> settings(String sql) {
        return Map.of(
                "lake.root", "file:" + root, "query.tenant-id", "acme", "query.dataset-id", "events", "query.sql", sql);
    }

    /**
     * Writes an object.
     *
     * @param name with the partition folders, e.g. {@code year=2026/month=11/day=20/hour=01/a.parquet}
     * @param sql gives its records
     */
    public Path object(String name, String sql) {
        return publish(name, file -> write(sql, file));
    }

    /**
     * The same for {@code count} records that are always the same: DuckDB makes them once in this process.
     */
    public Path object(String name, long count, String sql) {
        if (count > MOST_SHARED) {
            return object(name, sql);
        }
        Path shared = SHARED.computeIfAbsent(sql, ParquetLake::shared);
        return publish(name, file -> Files.copy(shared, file));
    }

    private static Path shared(String sql) {
        Path file = SharedFolder.PATH.resolve(UUID.randomUUID() + ".parquet");
        write(sql, file);
        return file;
    }

    /** Ends with the process. */
    private static final class SharedFolder {
        static final Path PATH = TestTools.temporaryDirectory("objects");

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> TestTools.deleteFolder(PATH)));
        }
    }

    private static void write(String sql, Path file) {
        try (var connection = SharedDuckDb.connect();
                var statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO '%s' (FORMAT parquet)".formatted(sql, file));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An object of {@code count} records with the column {@code n} from {@code first} on, and some text. */
    public Path numbers(String name, long first, long count) {
        return object(
                name,
                count,
                "SELECT n, 'host-' || n %% 100 AS hostname, 'message number ' || n AS message FROM range(%d, %d) t(n)"
                        .formatted(first, first + count));
    }

    /** The number {@code n} of a record that begins with it: {@code {"n":17,…}}. */
    public static Long number(byte[] json) {
        String text = new String(json, 0, Math.min(json.length, 20), StandardCharsets.ISO_8859_1);
        return Long.parseLong(text.substring(5, text.indexOf(',')));
    }

    /** Writes bytes that need not be Parquet. */
    public Path bytes(String name, byte[] bytes) {
        return publish(name, file -> Files.write(file, bytes));
    }

    private interface Writer {
        void write(Path file) throws IOException;
    }

    private Path publish(String name, Writer writer) {
        Path file = root.resolve(DATASET).resolve(name);
        try {
            Files.createDirectories(file.getParent());
            // Beside the lake, in its file system.
            Path made = root.toAbsolutePath().resolveSibling("object-" + UUID.randomUUID());
            writer.write(made);
            return Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
