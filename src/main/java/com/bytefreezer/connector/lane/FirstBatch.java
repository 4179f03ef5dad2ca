package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Batches;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.query.Engine;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.component.jdbc.ResultSetIterator;
import org.jspecify.annotations.Nullable;

/** The first batch of the default export, as a run would deliver it, without delivering it. Used once. */
public final class FirstBatch {
    private final Settings settings;
    private final Exports exports;
    private final ExportDefinition definition;

    /**
     * The first batch of the export that {@code settings} describe.
     *
     * @param cursor one that knows nothing
     * @param engine where DuckDB runs
     */
    public FirstBatch(Settings settings, Cursor cursor, Engine engine) {
        this.settings = settings;
        exports = new Exports(settings, cursor, false, engine);
        exports.quiet();
        definition = settings.exports().get(0);
    }

    /**
     * Reads objects until there is a record.
     *
     * @param credentials of the bucket, if it is one
     * @param routes with {@code direct:credentials}, for keys that have expired
     * @param check called before each statement; ends it when it throws
     * @return empty when the query selects no record
     * @throws ConnectorException when the query or an object cannot be read
     */
    public Optional<Batch> read(@Nullable Credentials credentials, CamelContext routes, Runnable check)
            throws SQLException, InterruptedException {
        exports.add(List.of(definition));
        Export export = exports.get(definition.lane());
        try {
            export.open(credentials);
            Throwable failure = null;
            while (export.hasMore()) {
                for (Iterator<Unit> units = export.discover(); units.hasNext(); ) {
                    check.run();
                    Unit unit = units.next();
                    try {
                        Optional<Batch> batch = first(export, unit, routes);
                        if (batch.isPresent()) {
                            return batch;
                        }
                        export.done(unit, null);
                    } catch (Exception e) {
                        // What cannot be read as one comes again, cut smaller.
                        failure = unit.isBundle() ? failure : e;
                        export.done(unit, e);
                    }
                }
            }
            if (failure instanceof ConnectorException known) {
                throw known;
            }
            if (failure != null) {
                throw new ConnectorException(Failures.describe(failure), failure);
            }
            return Optional.empty();
        } finally {
            export.close();
        }
    }

    private Optional<Batch> first(Export export, Unit unit, CamelContext routes) throws Exception {
        String sql = export.statement(unit, routes);
        try (Connection connection = exports.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
            try (ResultSet result = statement.getResultSet()) {
                ResultSetIterator rows = new ResultSetIterator(connection, result, true, false);
                Batches batches = export.batches(rows, unit, settings.integer("schedule.batch-size"));
                if (batches.hasNext()) {
                    return Optional.of(batches.next());
                }
            }
        }
        if (!unit.hasEnded()) {
            throw new ConnectorException(unit.failure().map(Failures::describe).orElse("its records cannot be read"));
        }
        return Optional.empty();
    }
}
