package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.PackDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.PackQuery;
import com.bytefreezer.connector.query.ParsingDuckDb;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The SQL of packs: for each dataset, that of the first file in {@code routes/packs} that takes it. A changed file counts from the next pack on. Safe for use by several threads.
 */
public final class Recipes {
    private final Settings settings;
    private Map<String, String> state = Map.of();
    private List<PackDefinition> packs = List.of();
    private final Map<String, PackQuery> queries = new HashMap<>();

    /**
     * Reads the files.
     *
     * @throws ConnectorException if one of them is wrong, or its SQL
     */
    public Recipes(Settings settings) {
        this.settings = settings;
        refresh();
        for (PackDefinition pack : packs) {
            try {
                query(pack);
            } catch (ConnectorException e) {
                throw e.of("pack " + pack.name(), Problem.NOT_STARTED);
            }
        }
    }

    /**
     * That of a dataset; empty if its events stay as they are.
     *
     * @throws ConnectorException if a file, the SQL or a lookup is wrong
     */
    public synchronized Optional<Recipe> of(DatasetName dataset) {
        try {
            refresh();
            return packs.stream()
                    .filter(pack -> pack.datasets().matches(dataset))
                    .findFirst()
                    .map(this::recipe);
        } catch (ConnectorException e) {
            throw waiting(dataset, e);
        }
    }

    /** The same problem for those who wonder where the events of a dataset are. */
    static ConnectorException waiting(DatasetName dataset, ConnectorException e) {
        return e.of("pack of dataset " + dataset, "Its events stay where they are until that is mended.");
    }

    /** Whether a file has changed since {@link #of}. */
    public synchronized boolean haveChanged() {
        return !settings.stateOfPackFiles().equals(state);
    }

    private Recipe recipe(PackDefinition pack) {
        PackQuery query = query(pack);
        return new Recipe(query, Lookups.of(settings).of(query.lookups()), pack.compression());
    }

    private void refresh() {
        Map<String, String> now = settings.stateOfPackFiles();
        if (!now.equals(state)) {
            List<PackDefinition> read = settings.packs();
            queries.clear();
            packs = read;
            state = now;
        }
    }

    private PackQuery query(PackDefinition pack) {
        return queries.computeIfAbsent(pack.sql() + "\n" + pack.types(), key -> {
            try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
                // A lookup may come later; until then, the pack waits.
                return PackQuery.parse(pack.sql(), duckDb.connection(), name -> true)
                        .with(pack.types(), duckDb.connection());
            } catch (SQLException e) {
                throw new ConnectorException("DuckDB: " + e.getMessage(), e);
            }
        });
    }
}
