package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * What the spool of a dataset remembers of what it no longer holds. Its file is replaced as a whole: with that, a pack
 * is committed.
 *
 * @param identity of this spool, unlike that of any other
 * @param packedThrough the number of the last packed segment
 * @param counts of all packed segments
 * @param shape of the events of all packs, as whoever packs writes it; empty before the first pack
 * @param positions of the sources, after all packed segments
 * @param columns of the objects with their types in DuckDB, if SQL has made some; otherwise empty
 */
record SpoolState(
        String tenant,
        String dataset,
        String identity,
        long packedThrough,
        Counts counts,
        String shape,
        Map<String, Long> positions,
        Map<String, String> columns) {
    private static final ObjectMapper JSON = Json.mapper();
    private static final String NAME = "state.json";

    SpoolState {
        positions = Objects.requireNonNullElse(positions, Map.of());
        columns = Objects.requireNonNullElse(columns, Map.of());
    }

    /** Of a spool without events. */
    static SpoolState first(String tenant, String dataset, String shape, Map<String, String> columns) {
        String identity = UUID.randomUUID().toString();
        return new SpoolState(tenant, dataset, identity, 0, new Counts(0, 0, 0, 0), shape, Map.of(), columns);
    }

    static Path file(Path folder) {
        return folder.resolve(NAME);
    }

    static SpoolState read(Path folder) throws IOException {
        return JSON.readValue(file(folder).toFile(), SpoolState.class);
    }

    void create(Path folder) throws IOException {
        PrivateFiles.writeNew(file(folder), JSON.writeValueAsBytes(this));
    }

    void replace(Path folder) throws IOException {
        PrivateFiles.replace(file(folder), JSON.writeValueAsBytes(this));
    }
}
