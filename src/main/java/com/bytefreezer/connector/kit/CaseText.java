package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads files of cases; a mistake in one is told with its line. */
final class CaseText {
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private CaseText() {}

    /** @throws ConnectorException with the first mistake of the file */
    static <T> T read(Path file, Class<T> type) {
        try {
            return YAML.readValue(Files.readString(file), type);
        } catch (UnrecognizedPropertyException e) {
            throw wrong(file, unknownKey(e), e);
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
            // Without the excerpts that the YAML parser inserts.
            String what = e.getOriginalMessage()
                    .lines()
                    .filter(line -> !line.startsWith(" "))
                    .collect(Collectors.joining(", "));
            throw wrong(file, where + what + ". A text with {, : or ? may need quotes.", e);
        } catch (IOException e) {
            throw wrong(file, "it cannot be read (" + e.getClass().getSimpleName() + ").", e);
        }
    }

    /** @throws IllegalArgumentException if it is no such value */
    static <T> T convert(JsonNode value, Class<T> type) {
        return YAML.convertValue(value, type);
    }

    static String unknownKey(UnrecognizedPropertyException e) {
        List<String> known =
                e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
        String where = e.getLocation() != null && e.getLocation().getLineNr() > 0
                ? "line " + e.getLocation().getLineNr() + ": "
                : "";
        return where + e.getPropertyName() + " is not a key here." + Suggestion.of(e.getPropertyName(), known)
                + " There are: " + String.join(", ", known) + ".";
    }

    /** @throws ConnectorException if one of the names under {@code key} is not known */
    static void requireKnown(Path file, String key, Collection<String> names, List<String> known) {
        names.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw wrong(
                    file,
                    "%s: %s is not a key here.%s There are: %s."
                            .formatted(key, name, Suggestion.of(name, known), String.join(", ", known)));
        });
    }

    static ConnectorException wrong(Path file, String what) {
        return wrong(file, what, null);
    }

    static ConnectorException wrong(Path file, String what, @Nullable Exception cause) {
        return new ConnectorException(file.getFileName() + ": " + what, Problem.NOT_STARTED, "", cause);
    }
}
