package com.bytefreezer.connector.config;

import java.util.Optional;

/**
 * What packs make of the events of some datasets, as a file in {@code routes/packs} and the settings describe it.
 *
 * @param datasets of which it is
 * @param sql one SELECT over the table {@code incoming}
 * @param types of columns of the objects, in the form of {@code columns.types}; empty for those that are found
 * @param compression of the objects; empty for that of the settings
 */
public record PackDefinition(
        String name, DatasetChoice datasets, String sql, String types, Optional<String> compression) {}
