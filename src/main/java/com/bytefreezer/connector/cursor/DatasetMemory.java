package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the packs of a dataset's source objects must know of those before them. Immutable.
 *
 * @param shape of the events of all packs, as whoever packs writes it; empty before the first pack
 * @param columns of the objects with their types in DuckDB, if SQL has made some; otherwise empty
 */
public record DatasetMemory(String shape, Map<String, String> columns) {
    private static final DatasetMemory NONE = new DatasetMemory("", Map.of());
    private static final ObjectMapper JSON = Json.mapper();
    private static final TypeReference<LinkedHashMap<String, String>> COLUMNS = new TypeReference<>() {};

    /** source_dataset.columns: JSON, empty for none. source_part: what was about to be put for a part of a plan. */
    static void make(Sql sql) throws SQLException {
        Tables.make(
                sql,
                "ALTER TABLE source_dataset ADD COLUMN columns TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE source_dataset ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0",
                "CREATE TABLE source_part (pack TEXT, part BIGINT, made TEXT NOT NULL, PRIMARY KEY (pack, part))%2$s");
    }

    /**
     * As it is recorded. Reads the record of this or another process, and takes no lock.
     *
     * @param folder as for {@link PackedSources#open}
     */
    public static DatasetMemory of(Settings settings, Path folder, DatasetName dataset) {
        return new Visit(PackedSources.address(settings, folder)).reading(sql -> of(sql, dataset));
    }

    static DatasetMemory of(Sql sql, DatasetName dataset) throws SQLException {
        return sql.first(
                        "SELECT shape, columns FROM source_dataset WHERE tenant = ? AND dataset = ?",
                        row -> new DatasetMemory(row.text(), read(row.text())),
                        dataset.tenant(),
                        dataset.dataset())
                .orElse(NONE);
    }

    private static Map<String, String> read(String columns) {
        try {
            return columns.isEmpty() ? Map.of() : JSON.readValue(columns, COLUMNS);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the columns of a dataset are no JSON", e);
        }
    }

    /** The columns as the table has them. */
    String text() {
        try {
            return columns.isEmpty() ? "" : JSON.writeValueAsString(columns);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
