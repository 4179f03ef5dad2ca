package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/** Types of columns that people have set: {@code DPT: VARCHAR, "my port": BIGINT}. */
public final class PinnedTypes {
    private PinnedTypes() {}

    /** Those of the setting {@code columns.types}. */
    static Map<String, ColumnType> of(Settings settings) {
        return of(text(settings));
    }

    private static String text(Settings settings) {
        return settings.optional("columns.types").orElse("");
    }

    /** Types by the folded names of columns; the settings' rules have checked the form. */
    static Map<String, ColumnType> of(String text) {
        Map<String, ColumnType> types = new LinkedHashMap<>();
        if (text.isBlank()) {
            return types;
        }
        for (String part : ColumnType.split(text)) {
            int colon = part.startsWith("\"") ? part.indexOf(':', part.lastIndexOf('"')) : part.indexOf(':');
            types.put(
                    Schema.folded(ColumnType.unquoted(part.substring(0, colon).strip())),
                    ColumnType.of(part.substring(colon + 1)));
        }
        return types;
    }

    /**
     * Checks those of the setting.
     *
     * @param connection to any DuckDB
     * @throws ConnectorException if a type is not one of DuckDB's
     */
    public static void check(Settings settings, Connection connection) {
        check("columns.types", text(settings), connection);
    }

    /** The same for others, which are called {@code subject}. */
    static void check(String subject, String text, Connection connection) {
        of(text).forEach((name, type) -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT NULL::" + type);
            } catch (SQLException e) {
                throw new ConnectorException(
                        Problem.ofStart(
                                "%s: %s is not a type for the column %s (%s)."
                                        .formatted(
                                                subject,
                                                type,
                                                name,
                                                DuckDbException.of(e).getMessage()),
                                "Use a type of DuckDB, e.g. VARCHAR or BIGINT."),
                        e);
            }
        });
    }
}
