package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A feed to be saved.
 *
 * @param parameters those that have values; an empty one is left out, and of a secret only whether it has one counts
 */
public record NewFeed(
        @JsonProperty("name") String name,
        @JsonProperty("input") String input,
        @JsonProperty("tenant_id") String tenant,
        @JsonProperty("dataset_id") String dataset,
        @JsonProperty("format") String format,
        @JsonProperty("parameters") Map<String, String> parameters) {
    /** As long as a token has to be. */
    private static final String SOME_SECRET = "some-secret-of-a-sender";

    public NewFeed {
        name = text(name);
        input = text(input);
        tenant = text(tenant);
        dataset = text(dataset);
        format = text(format);
        Map<String, String> given = new LinkedHashMap<>();
        (parameters == null ? Map.<String, String>of() : parameters).forEach((key, value) -> {
            if (!text(value).isEmpty()) {
                given.put(key, text(value));
            }
        });
        parameters = given;
    }

    private static String text(String text) {
        return Objects.requireNonNullElse(text, "").strip();
    }

    /** The parameters of its file: secrets are in settings. */
    Map<String, String> ofFile() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("name", name);
        all.put("input", input);
        all.put("tenant", tenant);
        all.put("dataset", dataset);
        if (!format.isEmpty()) {
            all.put("format", format);
        }
        parameters.forEach((key, value) -> all.put(key, isSecret(key) ? "{{%s}}".formatted(setting(key)) : value));
        return all;
    }

    /** The settings that its file needs. */
    List<String> settings() {
        return parameters.keySet().stream()
                .filter(NewFeed::isSecret)
                .map(this::setting)
                .toList();
    }

    /** Values for those, to check the rest. */
    Map<String, String> settingsToCheck() {
        Map<String, String> all = new LinkedHashMap<>();
        settings().forEach(setting -> all.put(setting, SOME_SECRET));
        return all;
    }

    /** Whether a value would be taken for that of a setting. */
    boolean hasPlaceholder() {
        return ofFile().entrySet().stream()
                .anyMatch(one -> !isSecret(one.getKey()) && one.getValue().contains("{{"));
    }

    private String setting(String key) {
        return "feeds.%s.%s".formatted(name, key);
    }

    private static boolean isSecret(String key) {
        return Secrets.isSecret(key);
    }
}
