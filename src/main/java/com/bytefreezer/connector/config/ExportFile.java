package com.bytefreezer.connector.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The text of a file in {@code routes/exports/}: an export from the template in {@code routes/export.camel.yaml}. */
public final class ExportFile {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(Feature.WRITE_DOC_START_MARKER)
            .disable(Feature.SPLIT_LINES)
            .enable(Feature.MINIMIZE_QUOTES)
            .enable(Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(Feature.LITERAL_BLOCK_STYLE)
            .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private static final YAMLMapper QUOTED = YAMLMapper.builder()
            .disable(Feature.WRITE_DOC_START_MARKER)
            .disable(Feature.SPLIT_LINES)
            .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private ExportFile() {}

    private static String indented(YAMLMapper yaml, List<?> routes) throws JsonProcessingException {
        // Otherwise it would start with an indented list.
        return yaml.writeValueAsString(routes).indent(-2);
    }

    /** @param parameters of the template; {@code name} is one of them */
    public static String of(Map<String, String> parameters) {
        return of("export", parameters);
    }

    /**
     * The same for another template.
     *
     * @param template its id
     */
    public static String of(String template, Map<String, String> parameters) {
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("routeTemplateRef", template);
        export.put("routeId", template + "-" + parameters.get("name"));
        export.put(
                "parameters",
                parameters.entrySet().stream()
                        .map(parameter -> {
                            Map<String, String> one = new LinkedHashMap<>();
                            one.put("name", parameter.getKey());
                            one.put("value", parameter.getValue());
                            return one;
                        })
                        .toList());
        try {
            List<?> routes = List.of(Map.of("templatedRoute", export));
            String text = indented(YAML, routes);
            // A block has no escapes, and takes some characters for line breaks.
            return YAML.readTree(text).equals(YAML.valueToTree(routes)) ? text : indented(QUOTED, routes);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
