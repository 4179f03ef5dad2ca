package com.bytefreezer.connector.cursor;

import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;

/** The known columns of each dataset. Safe for use by several threads. */
public final class Columns {
    private final Store store;

    Columns(Store store) {
        this.store = store;
    }

    /** The value that {@link #keep} stored last. */
    public Optional<String> of(String dataset) {
        return store.reading(sql -> of(sql, dataset));
    }

    /** Stores the result of {@code change} for the stored value. */
    public void keep(String dataset, Function<Optional<String>, String> change) {
        store.writing(sql -> {
            sql.awaitOthers("columns " + dataset);
            return sql.update(
                    "INSERT INTO dataset (name, columns) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET columns = excluded.columns",
                    dataset,
                    change.apply(of(sql, dataset)));
        });
    }

    static Optional<String> of(Sql sql, String dataset) throws SQLException {
        return sql.first("SELECT columns FROM dataset WHERE name = ?", Sql.Row::text, dataset);
    }
}
