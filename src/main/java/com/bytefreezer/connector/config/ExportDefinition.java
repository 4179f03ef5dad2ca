package com.bytefreezer.connector.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An export with one of its destinations, as its file in {@code routes/exports} and the settings describe it. What nothing
 * sets is empty.
 *
 * @param sync what a run covers: auto, incremental or full
 */
public record ExportDefinition(
        String name, String destination, String tenant, String dataset, String sql, String sync, int batchSize) {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\??([^:{}]+)(?::([^{}]*))?}}");

    /** Names it in the cursor and elsewhere. */
    public String lane() {
        return name + "/" + destination;
    }

    /** One for each destination. */
    static Stream<ExportDefinition> of(Map<String, String> parameters, Map<String, String> settings) {
        Map<String, String> resolved = new LinkedHashMap<>();
        parameters.forEach((name, value) -> resolved.put(name, resolve(value, settings)));
        String sql = resolved.getOrDefault("sql", "");
        return RouteFiles.destinationsIn(resolved.getOrDefault("destination", "")).stream()
                .map(destination -> new ExportDefinition(
                        resolved.getOrDefault("name", ""),
                        destination,
                        resolved.getOrDefault("tenant", ""),
                        resolved.getOrDefault("dataset", ""),
                        sql.isBlank() ? settings.getOrDefault("query.sql", "") : sql,
                        resolved.getOrDefault("sync", "auto"),
                        Integer.parseInt(resolved.getOrDefault("batchSize", "1000"))));
    }

    /** As Camel does it with the text of a route file. */
    private static String resolve(String text, Map<String, String> settings) {
        return PLACEHOLDER.matcher(text).replaceAll(match -> {
            String otherwise = match.group(2) == null ? "" : match.group(2);
            return Matcher.quoteReplacement(settings.getOrDefault(match.group(1), otherwise));
        });
    }
}
