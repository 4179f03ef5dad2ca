package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.PackDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.PackQuery;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * SQL for the packs of a dataset, as a person sends it.
 *
 * @param name of the pack, if the dataset has none yet
 * @param version of its file that the person has seen; empty if there is none
 * @param confirm the name again, to write it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PackSql(String sql, String name, String version, String confirm) {
    public PackSql {
        sql = Objects.requireNonNullElse(sql, "").strip();
        name = Objects.requireNonNullElse(name, "");
        version = Objects.requireNonNullElse(version, "");
        confirm = Objects.requireNonNullElse(confirm, "");
    }

    /**
     * Reads it.
     *
     * @throws ConnectorException if it is not what packs take
     */
    PackQuery parsed(Settings settings, Engine engine) {
        return parsed(settings, engine, "");
    }

    /** The same with the types of columns of its pack. */
    PackQuery parsed(Settings settings, Engine engine, String types) {
        if (sql.isEmpty()) {
            throw ApiException.wrong("\"sql\" is required: one SELECT over the table incoming.");
        }
        try (ParsingDuckDb duckDb = ParsingDuckDb.open(engine)) {
            return PackQuery.parse(sql, duckDb.connection(), Lookups.of(settings)::mayBe)
                    .with(types, duckDb.connection());
        } catch (SQLException e) {
            throw new ConnectorException("DuckDB: " + DuckDbException.of(e).getMessage(), e);
        }
    }

    /**
     * The pack that the next pack of a dataset follows; empty if its events stay as they are.
     *
     * @throws ConnectorException if a file of packs is wrong
     */
    static Optional<PackDefinition> of(Settings settings, @Nullable String tenant, @Nullable String dataset) {
        ApiException.requireOneDataset(tenant, dataset);
        DatasetName name = new DatasetName(String.valueOf(tenant), String.valueOf(dataset));
        return settings.packs().stream()
                .filter(pack -> pack.datasets().matches(name))
                .findFirst();
    }
}
