package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.DatasetName;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;

/** The known columns of each dataset. Safe for use by several threads. */
public final class KnownColumns {
    private final Store store;

    KnownColumns(Store store) {
        this.store = store;
    }

    /** The value that {@link #keep} stored last. */
    public Optional<String> of(DatasetName dataset) {
        return store.reading(sql -> of(sql, dataset));
    }

    /** Stores the result of {@code change} for the stored value. */
    public void keep(DatasetName dataset, Function<Optional<String>, String> change) {
        store.writing(sql -> {
            sql.awaitOthers("columns " + dataset);
            return sql.update(
                    "INSERT INTO dataset (name, columns) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET columns = excluded.columns",
                    dataset.toString(),
                    change.apply(of(sql, dataset)));
        });
    }

    static Optional<String> of(Sql sql, DatasetName dataset) throws SQLException {
        return sql.first("SELECT columns FROM dataset WHERE name = ?", Sql.Row::text, dataset.toString());
    }
}
