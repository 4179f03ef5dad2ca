package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.Destination.Setting;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.http.HttpServer;
import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Secrets;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The destinations and settings that a request of the API may use. Configured secrets go only where the configuration
 * sends them. Safe for use by several threads.
 */
public final class Targets {
    /** A value that cannot change an address if a route inserts it there. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*");
    /** A host, a port and a path, without anything that servers read in different ways. */
    private static final Pattern PLAIN_URL = Pattern.compile(
            "https?://(\\[[0-9a-fA-F:]+]|[A-Za-z0-9_.-]*[A-Za-z0-9_-])(:[0-9]+)?(/[A-Za-z0-9._~/=+@!$,-]*)?");

    private final Settings settings;
    private final Secrets secrets;
    private final Map<String, Destination> destinations;

    public Targets(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        destinations = settings.routes().descriptions();
    }

    /**
     * A destination with the settings that a request gives it.
     *
     * @param typed settings with their full names that differ from the configured ones
     * @param overrides changes to the configured settings: the typed ones, and an empty value for each secret that must
     *     not go there
     */
    public record Target(Destination destination, Map<String, String> typed, Map<String, String> overrides) {
        public String type() {
            return destination.name();
        }
    }

    /** All destinations. */
    List<Destination> all() {
        return List.copyOf(destinations.values());
    }

    /** Whether a configured value must not be shown. */
    boolean isHidden(Setting setting) {
        return setting.isSecret()
                || configured(setting)
                        .filter(value -> !secrets.mask(value).equals(value))
                        .isPresent();
    }

    /** The configured value of a setting. */
    public Optional<String> configured(Setting setting) {
        return settings.optional(setting.name());
    }

    /**
     * The target of a request.
     *
     * @param type empty for the configured destination
     * @param config by short names; a missing setting keeps its configured value
     * @throws ApiException if there is no such destination or setting, or if the operator does not allow it
     */
    public Target resolve(String type, Map<String, JsonNode> config) {
        String chosen = type.isEmpty() ? settings.text("destination.type") : type;
        Destination destination = destinations.get(chosen);
        if (destination == null) {
            throw ApiException.wrong("unknown destination \"%s\", available: [%s]"
                    .formatted(chosen, String.join(" ", destinations.keySet())));
        }
        Map<String, String> typed = typed(destination, config);
        requireAllowed(destination, typed);
        Map<String, String> overrides = new TreeMap<>(typed);
        if (typed.keySet().stream().anyMatch(name -> isElsewhere(destination, name, typed))) {
            destination.settings().stream()
                    .filter(setting -> isHidden(setting) && configured(setting).isPresent())
                    .forEach(setting -> overrides.putIfAbsent(setting.name(), ""));
        }
        return new Target(destination, typed, overrides);
    }

    private Map<String, String> typed(Destination destination, Map<String, JsonNode> config) {
        Map<String, Setting> known = new LinkedHashMap<>();
        destination.settings().forEach(setting -> known.put(setting.shortName(), setting));
        Map<String, String> typed = new TreeMap<>();
        config.forEach((key, value) -> {
            String name = key.strip().toLowerCase(Locale.ROOT).replace('_', '-');
            Setting setting = known.get(name);
            if (setting == null) {
                throw ApiException.wrong("destination %s has no setting %s.%s"
                        .formatted(destination.name(), key, Suggestion.of(name, known.keySet())));
            }
            String text = text(value).strip();
            String before = configured(setting).orElse("");
            boolean same = text.equals(before.isEmpty() ? setting.byDefault() : before)
                    || (text.isEmpty() && (before.isEmpty() || isHidden(setting)));
            if (!same) {
                typed.put(setting.name(), text);
            }
        });
        return typed;
    }

    /** Headers may be an object, as in the original. */
    private static String text(JsonNode value) {
        if (value.isObject()) {
            return value.properties().stream()
                    .map(field -> field.getKey() + ": " + field.getValue().asText())
                    .collect(Collectors.joining("\n"));
        }
        return value.isNull() ? "" : value.isValueNode() ? value.asText() : value.toString();
    }

    /** Whether a typed setting may lead the records and the secrets to another server. */
    private boolean isElsewhere(Destination destination, String name, Map<String, String> typed) {
        Setting setting = destination.settings().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
        boolean staysInPlace = !settings.routes().isPasted(destination, setting)
                || NAME.matcher(typed.getOrDefault(name, "")).matches();
        return !setting.isHarmless() || !staysInPlace;
    }

    private void requireAllowed(Destination destination, Map<String, String> typed) {
        List<String> allowed = settings.optional("server.allow-destinations").stream()
                .flatMap(list -> Stream.of(list.split(",")))
                .map(String::strip)
                .toList();
        boolean isConfigured = settings.routes().isNamed(destination.name())
                || settings.destinations().contains(destination.name());
        boolean asConfigured = typed.isEmpty() && isConfigured;
        boolean fits = allowed.isEmpty()
                ? HttpServer.isLoopback(settings)
                : allowed.contains(destination.name()) || hasAllowedUrl(destination, typed, allowed);
        if (!asConfigured && !fits) {
            throw ApiException.forbidden(
                    "destination %s with these settings is not allowed here. Use a configured destination unchanged, or ask the operator to add it to server.allow-destinations."
                            .formatted(destination.name()));
        }
    }

    private boolean hasAllowedUrl(Destination destination, Map<String, String> typed, List<String> allowed) {
        String name = destination.setting("url");
        List<String> elsewhere = new ArrayList<>(typed.keySet());
        elsewhere.removeIf(one -> one.equals(name) || !isElsewhere(destination, one, typed));
        String url = typed.getOrDefault(name, settings.optional(name).orElse(""));
        return elsewhere.isEmpty()
                && !url.isEmpty()
                && Stream.of(url.split(",", -1))
                        .allMatch(node -> allowed.stream().anyMatch(prefix -> isBelow(node.strip(), prefix)));
    }

    /**
     * Does not compare text: {@code https://siem.example.evil} is not below {@code https://siem.example}. A URL that
     * some readers understand differently, with a user, a query or a second spelling, is not below anything.
     */
    private static boolean isBelow(String url, String prefix) {
        if (url.equals(prefix)) {
            return true;
        }
        try {
            URI one = URI.create(url);
            URI other = URI.create(prefix);
            String path = other.getRawPath().replaceFirst("/$", "");
            String own = one.getRawPath();
            return PLAIN_URL.matcher(url).matches()
                    && Objects.requireNonNullElse(HostNames.of(other), "").equalsIgnoreCase(HostNames.of(one))
                    && one.getScheme().equals(other.getScheme())
                    && HostNames.port(other) == HostNames.port(one)
                    && other.getRawQuery() == null
                    && one.normalize().getRawPath().equals(own)
                    && (own.equals(path) || own.startsWith(path + "/"));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
