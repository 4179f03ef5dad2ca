package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.bytefreezer.connector.query.Query;
import java.sql.SQLException;
import java.util.Optional;

/** A mistake in the SQL of an export that a person is about to save. */
final class SqlMistake {
    private SqlMistake() {}

    /** The mistake in one line, as a run of the export would report it; empty if there is none. */
    static Optional<String> in(String sql, Settings settings) throws SQLException {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
            Query.parse(sql, duckDb.connection(), Lookups.of(settings)::mayBe);
            return Optional.empty();
        } catch (ConnectorException e) {
            return Optional.of(e.saying(""));
        }
    }
}
