package com.bytefreezer.connector.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What stands in route files at the first reading; each is read once. For several threads. */
final class RouteContents {
    private final Map<Path, JsonNode> trees = new ConcurrentHashMap<>();
    private final Map<Path, Boolean> withTools = new ConcurrentHashMap<>();
    private final Map<Path, Set<String>> settings = new ConcurrentHashMap<>();
    private final Map<Path, Set<String>> mentioned = new ConcurrentHashMap<>();
    private final Map<Path, Destination> descriptions = new ConcurrentHashMap<>();

    JsonNode of(Path file) {
        return trees.computeIfAbsent(file, RouteText::content);
    }

    /** Most files have none, and to read one as YAML takes long. */
    boolean hasTools(Path file) {
        return withTools.computeIfAbsent(file, one -> RouteText.mentions(one, Tool.ROUTE));
    }

    /** Those that the file uses. */
    Set<String> settings(Path file) {
        return settings.computeIfAbsent(file, RouteText::settings);
    }

    /** Those with a placeholder anywhere in the file. */
    Set<String> mentionedSettings(Path file) {
        return mentioned.computeIfAbsent(file, RouteText::mentionedSettings);
    }

    /** The description of the destination {@code name} in its file. */
    Destination description(String name, Path file) {
        return descriptions.computeIfAbsent(file, one -> described(name, one));
    }

    private Destination described(String name, Path file) {
        return new RouteHead(
                        name, RouteText.headComment(file), RouteText.defaults(file), RouteText.requiredSettings(file))
                .destination(
                        RouteText.hasRouteFrom(file, RouteFiles.CHECK + name),
                        RouteText.hasRouteFrom(file, RouteFiles.PREVIEW + name));
    }
}
