package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * DuckDB's extension that reads S3. It is not part of the JDBC driver. It is loaded from the extension directory; if it is missing there, it is downloaded from DuckDB's own host.
 *
 * <p>Verifying the signature of its 20 MB takes longer than the rest of opening a database. So each process verifies a file once, and again only if it changes.
 */
final class Httpfs {
    /** This option of a new database lets {@link #load} decide; without a decision, DuckDB verifies as by default. */
    static final String UNVERIFIED = "allow_unsigned_extensions";

    private static final String ONLY_VERIFIED = "SET allow_unsigned_extensions=false";
    private static final String LOAD = "LOAD httpfs";
    /** Verified files by extension directory. */
    private static final Map<String, Verified> VERIFIED = new ConcurrentHashMap<>();

    private Httpfs() {}

    /** A file as it was when DuckDB verified it. */
    private record Verified(Path file, Map<String, Object> state) {
        static Optional<Verified> now(Path file) {
            try {
                // Only the kernel can set the time at which an inode changed.
                return Optional.of(new Verified(file, Files.readAttributes(file, "unix:dev,ino,size,ctime")));
            } catch (IOException | UnsupportedOperationException e) {
                return Optional.empty();
            }
        }

        boolean isUnchanged() {
            return now(file).filter(this::equals).isPresent();
        }
    }

    static void load(Connection connection, Settings settings) {
        String directory = settings.optional("duckdb.extension-directory").orElse("");
        Verified known = VERIFIED.get(directory);
        try (Statement statement = connection.createStatement()) {
            if (known != null && known.isUnchanged()) {
                statement.execute(LOAD);
                statement.execute(ONLY_VERIFIED);
                return;
            }
            statement.execute(ONLY_VERIFIED);
            Optional<Verified> before = file(statement).flatMap(Verified::now);
            statement.execute(LOAD);
            before.ifPresent(verified -> VERIFIED.put(directory, verified));
        } catch (SQLException missing) {
            install(connection, settings, missing);
        }
    }

    private static Optional<Path> file(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(
                "SELECT install_path FROM duckdb_extensions() WHERE extension_name = 'httpfs' AND installed")) {
            return row.next() ? Optional.ofNullable(row.getString(1)).map(Path::of) : Optional.empty();
        }
    }

    private static void install(Connection connection, Settings settings, SQLException missing) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(ONLY_VERIFIED);
            statement.execute("INSTALL httpfs");
            statement.execute(LOAD);
        } catch (SQLException e) {
            e.addSuppressed(missing);
            throw new ConnectorException(
                    "DuckDB's httpfs extension, which reads S3, is not in %s and cannot be downloaded (%s)."
                            .formatted(
                                    settings.optional("duckdb.extension-directory")
                                            .orElse("~/.duckdb/extensions"),
                                    DuckDbException.of(e).getMessage()),
                    Problem.NOTHING_EXPORTED,
                    "Provide it in one of three ways: use the container image, which has it; set duckdb.extension-directory "
                            + "to a folder that contains it; or let this machine reach extensions.duckdb.org once.",
                    e);
        }
    }
}
